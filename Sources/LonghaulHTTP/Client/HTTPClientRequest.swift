/// A request for an ``HTTPClient``.
public struct HTTPClientRequest: Sendable {
    /// The body of a request.
    public enum Body: Sendable {
        /// No body.
        case none
        /// These bytes.
        case bytes([UInt8])
        /// The file at this path, with its length at the start of the request.
        case file(path: String)
        /// The chunks of a producer, until it returns nil. One task at a time calls it, and only as fast as the server reads
        /// the bytes. Without a length, the body has chunked encoding.
        case stream(length: Int64?, producer: Producer)
    }

    /// Returns the next bytes of a body, or nil at the end. An error ends the request.
    public typealias Producer = @Sendable () async throws -> [UInt8]?

    /// The method, such as `GET`.
    public var method: String
    /// The absolute `http` or `https` URL, percent-encoded.
    public var url: String
    /// The header fields. The client sets `Content-Length` and `Transfer-Encoding` itself, and rejects a request with them.
    public var headers: HTTPHeaders
    /// The body.
    public var body: Body
    /// The timeout from the call to the end of the response; nil for that of the configuration.
    public var timeout: Duration?
    /// The maximum idle time of the connection in both directions; nil for no limit. The time of a slow reader or producer on
    /// this side does not count.
    public var stallTimeout: Duration?
    /// Whether to follow up to ten redirects of `GET` and `HEAD`.
    public var followRedirects: Bool
    /// Whether to send the request again if a reused connection is closed before any response. The default is true, except
    /// for `POST` and `PATCH`.
    public var isIdempotent: Bool

    /// Decides about each IP address to which the client is about to connect, and returns the reason to refuse it, or nil. The
    /// client connects to the very address that was passed, and uses no proxy. Nil to connect to any address.
    public var refusesAddress: (@Sendable (_ address: String) -> String?)?

    /// Creates a request. The default of `isIdempotent` depends on the method.
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
    /// Whether redirects are followed. The client does not send a body to another URL.
    var followsRedirects: Bool { followRedirects && (method == "GET" || method == "HEAD") }

    /// Checks the texts that libcurl sends unchanged, so that they cannot inject header fields or break the framing.
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
