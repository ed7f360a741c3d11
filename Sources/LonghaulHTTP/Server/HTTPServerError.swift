/// The error of a server that did not start.
public struct HTTPServerError: Error, Sendable, CustomStringConvertible {
    /// The types of errors.
    public enum Code: String, Sendable {
        /// The address is in use.
        case addressInUse
        /// The host is unknown, or is not an address of this machine; the path of a Unix socket cannot be used.
        case badAddress
        /// An address of the host is not a loopback address, and ``HTTPServerConfiguration/loopbackOnly`` is set.
        case notLoopback
        /// The port requires more privileges, or the folder of a Unix socket is not writable.
        case permissionDenied
        /// The certificate or the key cannot be read, is expired, or they do not match.
        case badCertificate
        /// The server was started or stopped before. A server runs once.
        case notStartable
        /// A system call failed, for example because no thread or descriptor is left.
        case system
    }

    /// The type of the error.
    public let code: Code
    /// The message, which names the address or the file.
    public let detail: String

    /// The detail.
    public var description: String { detail }
}
