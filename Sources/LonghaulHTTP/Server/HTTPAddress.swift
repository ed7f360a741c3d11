/// The address of a listening server.
public struct HTTPAddress: Sendable, Hashable, CustomStringConvertible {
    /// The configured host: a name or a numeric address.
    public let host: String
    /// The port, never 0.
    public let port: UInt16
    /// Whether the server uses TLS.
    public let isSecure: Bool

    /// The address as a URL without a path, such as `http://127.0.0.1:8080`.
    public var url: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return "\(isSecure ? "https" : "http")://\(name):\(port)"
    }

    /// The URL.
    public var description: String { url }
}
