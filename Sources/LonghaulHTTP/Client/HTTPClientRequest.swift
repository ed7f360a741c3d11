/// A request for an ``HTTPClient``.
public struct HTTPClientRequest: Sendable {
    /// What a request carries.
    public enum Body: Sendable {
        /// Nothing.
        case none
        /// These bytes.
        case bytes([UInt8])
        /// The file at this path, as long as it is when the request starts.
        case file(path: String)
        /// What the producer returns, call by call, until it returns nil. It is called by one task at a time,
        /// and only as fast as the server takes the bytes. Without a length the body is sent in chunks.
        case stream(length: Int64?, producer: Producer)
    }

    /// Returns the next bytes of a body, or nil after the last. An error that it throws ends the request.
    public typealias Producer = @Sendable () async throws -> [UInt8]?

    /// The method, such as `GET`.
    public var method: String
    /// The absolute URL, `http` or `https`, percent-encoded as it is to be sent.
    public var url: String
    /// The header fields. `Content-Length` and `Transfer-Encoding` are the client's and refused here.
    public var headers: HTTPHeaders
    /// What the request carries.
    public var body: Body
    /// How long all of it may take, from the call to the end of the response; nil: the configuration's.
    public var timeout: Duration?
    /// How long the connection may be silent both ways, once it is made; nil: for ever. The time for which this
    /// side holds the transfer up, a slow reader or producer, does not count.
    public var stallTimeout: Duration?
    /// Whether a redirect is followed, up to ten, and only those of `GET` and `HEAD`.
    public var followRedirects: Bool
    /// Whether the request may be sent a second time if a kept connection turns out dead before any response:
    /// true by default, except for `POST` and `PATCH`.
    public var isIdempotent: Bool

    /// A request; whether it is idempotent goes by the method if it is not said.
    public init(
        method: String = "GET",
        url: String,
        headers: HTTPHeaders = [:],
        body: Body = .none,
        timeout: Duration? = nil,
        stallTimeout: Duration? = nil,
        followRedirects: Bool = false,
        isIdempotent: Bool? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.stallTimeout = stallTimeout
        self.followRedirects = followRedirects
        self.isIdempotent = isIdempotent ?? (method != "POST" && method != "PATCH")
    }
}

extension HTTPClientRequest {
    /// Whether redirects are followed: sending a body on to somewhere else is left to the caller.
    var followsRedirects: Bool { followRedirects && (method == "GET" || method == "HEAD") }

    /// Checks what libcurl would send as it is, so that no caller's text can forge a header or a framing.
    ///
    /// - Throws: `invalidRequest`.
    func validate() throws(HTTPClientError) {
        guard Self.isToken(method) else {
            throw HTTPClientError(.invalidRequest, "the method \(quoted(method)) is not a token")
        }
        for field in headers.fields {
            guard Self.isToken(field.name) else {
                throw HTTPClientError(.invalidRequest, "the header name \(quoted(field.name)) is not a token")
            }
            guard field.value.utf8.allSatisfy({ $0 >= 32 && $0 != 127 || $0 == 9 }) else {
                throw HTTPClientError(
                    .invalidRequest, "the value of the header \(field.name) has control characters")
            }
            if HTTPHeaders.equal(field.name, "Content-Length")
                || HTTPHeaders.equal(field.name, "Transfer-Encoding")
            {
                throw HTTPClientError(.invalidRequest, "the client sets \(field.name) itself")
            }
        }
        if case .stream(let length?, _) = body, length < 0 {
            throw HTTPClientError(.invalidRequest, "the body's length is negative")
        }
    }

    private static func isToken(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "A")...UInt8(ascii: "Z"):
                    true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }

    private func quoted(_ text: String) -> String { text.debugDescription }
}
