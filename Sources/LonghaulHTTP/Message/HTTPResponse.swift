/// What a handler answers.
public struct HTTPResponse: Sendable {
    /// The body of a response.
    public enum Body: Sendable {
        /// No body, `Content-Length: 0` where the status allows a body.
        case none
        /// These bytes.
        case bytes([UInt8])
        /// What the closure writes, piece by piece, each leaving at once; the body ends when it returns. When
        /// it throws, the connection is cut so that the client sees that something is missing. The task is
        /// cancelled when the client goes away. With a length, exactly so many bytes must be written;
        /// without, the body is chunked.
        case stream(
            length: UInt64? = nil, _ produce: @Sendable (HTTPBodyWriter) async throws -> Void)
        /// A part of a file, sent by the kernel; without a length, all from the offset on. A file that
        /// cannot be opened or is too short is answered by 500.
        case file(path: String, offset: UInt64 = 0, length: UInt64? = nil)
        /// A part of an open file. The server closes the descriptor, whatever happens.
        case descriptor(Int32, offset: UInt64 = 0, length: UInt64? = nil)
    }

    /// The status code, 200–599.
    public var status: Int
    /// The header fields. `Content-Length`, `Transfer-Encoding` and `Date` are the server's own: fields of
    /// these names are passed over.
    public var headers: HTTPHeaders
    /// The body; not sent in answer to HEAD.
    public var body: Body

    /// A response of these parts.
    public init(status: Int, headers: HTTPHeaders = HTTPHeaders(), body: Body = .none) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// A response of a text.
    public static func text(
        _ status: Int, _ text: String, contentType: String = "text/plain; charset=utf-8"
    ) -> HTTPResponse {
        HTTPResponse(
            status: status, headers: ["Content-Type": contentType], body: .bytes(Array(text.utf8)))
    }
}
