import LonghaulHTTP

/// The header fields that restrict what browsers do with an answer. Every answer has them.
///
/// `Strict-Transport-Security` is not among them: the server answers only requests for this machine, and browsers apply
/// the field to every port of `localhost`, also to those of other programs that have no TLS.
enum SecurityHeaders {
    private static let fields = [
        ("X-Content-Type-Options", "nosniff"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Referrer-Policy", "no-referrer"),
        ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ]

    /// Adds the fields that are missing in an answer.
    static func add(to headers: inout HTTPHeaders) {
        if headers["Cache-Control"] == nil {
            // A browser may cache an answer with an ETag, but must revalidate it each time.
            headers.add("Cache-Control", headers["ETag"] == nil ? "no-store" : "private, no-cache")
        }
        for (name, value) in fields where headers[name] == nil { headers.add(name, value) }
    }
}
