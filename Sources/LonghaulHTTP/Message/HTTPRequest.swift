/// A request that a server passes to its handler.
public struct HTTPRequest: Sendable {
    /// The method, such as `GET`.
    public let method: String
    /// The decoded path, for display. Do not split it again, because segments may contain slashes.
    public let path: String
    /// The decoded segments of the path; none for `/`. A segment `..` has no special meaning.
    public let segments: [String]
    /// The decoded query.
    public let query: HTTPQuery
    /// The header fields.
    public let headers: HTTPHeaders
    /// The body, which may still be arriving.
    public var body: HTTPBody
    /// The client's IP address, without the port; nil if there is none, as on a Unix socket.
    public let remoteAddress: String?
    /// Whether the connection uses TLS.
    public let isSecure: Bool
    /// The process that connected to a Unix socket of the server; nil for all other connections.
    public let localPeer: HTTPLocalPeer?
    /// The requested host and port, from an absolute target or else from the `Host` field.
    public let authority: String?

    /// Creates a request, for example for a test.
    public init(
        method: String, path: String, segments: [String], query: HTTPQuery = HTTPQuery(),
        headers: HTTPHeaders = HTTPHeaders(), body: HTTPBody = .empty, remoteAddress: String? = nil,
        isSecure: Bool = false, localPeer: HTTPLocalPeer? = nil, authority: String? = nil
    ) {
        self.method = method
        self.path = path
        self.segments = segments
        self.query = query
        self.headers = headers
        self.body = body
        self.remoteAddress = remoteAddress
        self.isSecure = isSecure
        self.localPeer = localPeer
        self.authority = authority ?? headers["Host"]
    }
}
