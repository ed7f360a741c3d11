/// The error of a request.
public struct HTTPClientError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The type of the error.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// The URL is invalid, or its scheme is neither `http` nor `https`.
        case invalidURL
        /// The method, a header field or the body is invalid.
        case invalidRequest
        /// The name of the host cannot be resolved.
        case cannotResolve
        /// The host refuses the connection or is unreachable.
        case cannotConnect
        /// A timeout of the request or of the configuration has passed.
        case timedOut
        /// The server's certificate is not trusted, the server refuses the client's, or the TLS handshake failed.
        case tls
        /// The response is larger than the maximum of the caller.
        case tooLarge
        /// The connection ended before the response was complete.
        case connectionLost
        /// A local file could not be read or written, or the producer of the body threw an error.
        case localIO
        /// The calling task was cancelled.
        case cancelled
        /// The client has been shut down.
        case closed
        /// Another error, such as a response that is not HTTP.
        case other
    }

    /// The type of the error.
    public let code: Code
    /// The message, such as `cannot connect to 127.0.0.1:8080: connection refused`.
    public let message: String
    /// Whether the server may have received the request or a part of it.
    public let mayHaveBeenSent: Bool

    /// Creates an error.
    public init(_ code: Code, _ message: String, mayHaveBeenSent: Bool = false) {
        self.code = code
        self.message = message
        self.mayHaveBeenSent = mayHaveBeenSent
    }

    /// Whether a retry of the same request may succeed.
    public var isTransient: Bool {
        switch code {
        case .cannotResolve, .cannotConnect, .timedOut, .connectionLost: true
        case .invalidURL, .invalidRequest, .tls, .tooLarge, .localIO, .cancelled, .closed, .other: false
        }
    }

    /// The message.
    public var description: String { message }

    static let closed = HTTPClientError(.closed, "the HTTP client has been shut down")

    /// The error with ``mayHaveBeenSent`` set.
    func sent(_ sent: Bool) -> HTTPClientError {
        HTTPClientError(code, message, mayHaveBeenSent: sent)
    }
}
