import LonghaulHTTP

/// Requests of web pages of listed origins (CORS). Such a page sends an API key; the cookie of a session does not count.
struct CrossOrigin: Sendable {
    private static let methods = "GET, HEAD, POST, PUT, PATCH, DELETE"
    private static let requestFields =
        "Authorization, Content-Type, Idempotency-Key, If-None-Match, Last-Event-ID, Prefer, Range, traceparent, "
        + "X-Request-Id"
    private static let answerFields =
        "Content-Range, ETag, Idempotent-Replayed, Location, Retry-After, WWW-Authenticate, X-Request-Id"
    /// How long a browser may remember the answer to a preflight request, in seconds.
    private static let preflightSeconds = 600

    private let origins: Set<WebOrigin>

    init(_ origins: [WebOrigin]) {
        self.origins = Set(origins)
    }

    /// The `Origin` of a request if it is listed; nil otherwise.
    func origin(of request: HTTPRequest) -> String? {
        guard !origins.isEmpty, let text = request.headers["Origin"], let origin = WebOrigin(text),
            origins.contains(origin)
        else { return nil }
        return text
    }

    /// The answer to a preflight request of a listed origin; nil for any other request.
    func preflightAnswer(to request: HTTPRequest) -> HTTPResponse? {
        guard request.method == "OPTIONS", request.headers["Access-Control-Request-Method"] != nil,
            origin(of: request) != nil
        else { return nil }
        return HTTPResponse(
            status: 204,
            headers: [
                "Access-Control-Allow-Methods": Self.methods,
                "Access-Control-Allow-Headers": Self.requestFields,
                "Access-Control-Max-Age": "\(Self.preflightSeconds)",
            ])
    }

    /// Adds the fields that let a page of a listed origin read the answer.
    func add(to headers: inout HTTPHeaders, for request: HTTPRequest) {
        guard !origins.isEmpty else { return }
        headers.add("Vary", "Origin")
        guard let origin = origin(of: request) else { return }
        headers.add("Access-Control-Allow-Origin", origin)
        headers.add("Access-Control-Expose-Headers", Self.answerFields)
    }
}
