/// A request as a server hands it to its handler.
public struct HTTPRequest: Sendable {
    /// The method as it was sent, such as `GET`.
    public let method: String
    /// The decoded path, for display. It cannot be split again: a segment may hold a slash.
    public let path: String
    /// The decoded segments of the path; none for `/`. They are data: `..` has no meaning here.
    public let segments: [String]
    /// The decoded query.
    public let query: HTTPQuery
    /// The header fields.
    public let headers: HTTPHeaders
    /// The body, which may still be on its way.
    public var body: HTTPBody
    /// The client's IP address, without the port; nil where it has none.
    public let remoteAddress: String?
    /// Whether it came over TLS.
    public let isSecure: Bool
    /// The host and port that the request is for: that of an absolute target, else the `Host` field.
    public let authority: String?

    /// A request that need not have come over a socket, such as a test's.
    public init(
        method: String, path: String, segments: [String], query: HTTPQuery = HTTPQuery(),
        headers: HTTPHeaders = HTTPHeaders(), body: HTTPBody = .empty, remoteAddress: String? = nil,
        isSecure: Bool = false, authority: String? = nil
    ) {
        self.method = method
        self.path = path
        self.segments = segments
        self.query = query
        self.headers = headers
        self.body = body
        self.remoteAddress = remoteAddress
        self.isSecure = isSecure
        self.authority = authority ?? headers["Host"]
    }
}
