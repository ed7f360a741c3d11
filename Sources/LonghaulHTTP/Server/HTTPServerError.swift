/// Why a server did not start.
public struct HTTPServerError: Error, Sendable, CustomStringConvertible {
    /// The kinds of fault, to switch on.
    public enum Code: String, Sendable {
        /// Another program, or another server of this one, listens there.
        case addressInUse
        /// The host is not known, or is none of this machine's.
        case badAddress
        /// An address of the host is not a loopback address, and ``HTTPServerConfiguration/loopbackOnly`` is set.
        case notLoopback
        /// Only a privileged user may listen there.
        case permissionDenied
        /// The certificate or key cannot be read, or they do not belong together.
        case badCertificate
        /// It has been started or stopped before: a server runs once.
        case notStartable
        /// The system refused something, such as a thread or a descriptor.
        case system
    }

    /// The kind of fault.
    public let code: Code
    /// What happened, naming the address or the file.
    public let detail: String

    /// The detail.
    public var description: String { detail }
}
