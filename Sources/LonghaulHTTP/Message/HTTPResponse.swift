/// A response of a handler.
public struct HTTPResponse: Sendable {
    /// The body of a response.
    public enum Body: Sendable {
        /// No body, with `Content-Length: 0` if the status allows a body.
        case none
        /// These bytes.
        case bytes([UInt8])
        /// The bytes that the closure writes, which are sent at once. The body ends when the closure returns. If it
        /// throws, the server closes the connection, so that the client detects the truncation. The task is cancelled
        /// when the client disconnects. With a length, the closure must write exactly that number of bytes. Without
        /// one, the body is chunked.
        case stream(
            length: UInt64? = nil, _ produce: @Sendable (HTTPBodyWriter) async throws -> Void)
        /// A part of a file, sent by the kernel. Without a length, it extends to the end of the file. If the file
        /// cannot be opened or is too short, the answer is 500.
        case file(path: String, offset: UInt64 = 0, length: UInt64? = nil)
        /// A part of an open file. The server closes the descriptor in every case.
        case descriptor(Int32, offset: UInt64 = 0, length: UInt64? = nil)
    }

    /// The status code, 200–599.
    public var status: Int
    /// The header fields. The server sets `Content-Length`, `Transfer-Encoding` and `Date`, and ignores fields with
    /// these names.
    public var headers: HTTPHeaders
    /// The body. It is not sent in response to HEAD.
    public var body: Body

    /// Creates a response.
    public init(status: Int, headers: HTTPHeaders = HTTPHeaders(), body: Body = .none) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// Creates a response with text.
    public static func text(
        _ status: Int, _ text: String, contentType: String = "text/plain; charset=utf-8"
    ) -> HTTPResponse {
        HTTPResponse(
            status: status, headers: ["Content-Type": contentType], body: .bytes(Array(text.utf8)))
    }
}
