/// The address of a listening server.
public struct HTTPAddress: Sendable, Hashable, CustomStringConvertible {
    /// The configured host, a name or a numeric address; empty for a Unix socket.
    public let host: String
    /// The port; 0 only for a Unix socket.
    public let port: UInt16
    /// Whether the server uses TLS.
    public let isSecure: Bool
    /// The path of a Unix socket; nil for a host and a port.
    public let socketPath: String?

    init(host: String, port: UInt16, isSecure: Bool) {
        self.host = host
        self.port = port
        self.isSecure = isSecure
        socketPath = nil
    }

    init(socketPath: String) {
        host = ""
        port = 0
        isSecure = false
        self.socketPath = socketPath
    }

    /// The address as a URL without a path, such as `http://127.0.0.1:8080` or `unix:/run/longhaul.sock`.
    public var url: String {
        if let socketPath { return "unix:" + socketPath }
        let name = host.contains(":") ? "[\(host)]" : host
        return "\(isSecure ? "https" : "http")://\(name):\(port)"
    }

    /// The URL.
    public var description: String { url }
}
