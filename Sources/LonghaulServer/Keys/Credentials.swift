import LonghaulHTTP

/// The credentials in the head of a request.
enum Credentials: Equatable {
    case none
    /// The text of an API key.
    case key(String)
    /// A session of the dashboard: the value of its cookie.
    case session(String)
    /// An `Authorization` field that is not `Bearer` with a key, or several of them.
    case malformed

    /// Reads the credentials of a request. `Authorization` takes precedence over a cookie.
    ///
    /// - Parameter allowsCookie: whether the cookie of a session counts.
    init(_ request: HTTPRequest, allowsCookie: Bool = true) {
        let fields = request.headers.values("Authorization")
        if let field = fields.first {
            let parts = field.split(separator: " ", omittingEmptySubsequences: true)
            guard fields.count == 1, parts.count == 2, parts[0].lowercased() == "bearer" else {
                self = .malformed
                return
            }
            self = .key(String(parts[1]))
        } else if allowsCookie, let value = SessionCookie.value(in: request) {
            self = .session(value)
        } else {
            self = .none
        }
    }
}
