/// Why a request has no answer.
public struct HTTPClientError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What went wrong, to switch on.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// The URL is not a URL, or neither `http` nor `https`.
        case invalidURL
        /// The method, a header field or the body cannot be sent as they are.
        case invalidRequest
        /// The host's name has no address.
        case cannotResolve
        /// Nobody takes connections there.
        case cannotConnect
        /// A timeout of the request or of the configuration has passed.
        case timedOut
        /// The server's certificate is not trusted, or encryption could not be agreed on.
        case tls
        /// The response is larger than the caller takes.
        case tooLarge
        /// The connection ended before the response did.
        case connectionLost
        /// A local file could not be read or written, or the body's producer threw.
        case localIO
        /// The calling task was cancelled.
        case cancelled
        /// The client has been shut down.
        case closed
        /// Anything else, such as a response that is not HTTP.
        case other
    }

    /// What went wrong.
    public let code: Code
    /// What went wrong, for people, such as `cannot connect to 127.0.0.1:8080: connection refused`.
    public let message: String
    /// Whether the server may have got the request, or a part of it. False only if it surely has not.
    public let mayHaveBeenSent: Bool

    /// An error.
    public init(_ code: Code, _ message: String, mayHaveBeenSent: Bool = false) {
        self.code = code
        self.message = message
        self.mayHaveBeenSent = mayHaveBeenSent
    }

    /// Whether the same request may do better later, with nothing changed at this end.
    public var isTransient: Bool {
        switch code {
        case .cannotResolve, .cannotConnect, .timedOut, .connectionLost: true
        case .invalidURL, .invalidRequest, .tls, .tooLarge, .localIO, .cancelled, .closed, .other: false
        }
    }

    /// The message.
    public var description: String { message }

    static let closed = HTTPClientError(.closed, "the HTTP client has been shut down")

    /// The same error of a request that has got as far as `sent` says.
    func sent(_ sent: Bool) -> HTTPClientError {
        HTTPClientError(code, message, mayHaveBeenSent: sent)
    }
}
