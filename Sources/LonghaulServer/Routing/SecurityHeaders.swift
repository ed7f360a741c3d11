import LonghaulHTTP

/// The header fields that tell browsers to be careful. Every answer has them.
enum SecurityHeaders {
    private static let fields = [
        ("X-Content-Type-Options", "nosniff"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Referrer-Policy", "no-referrer"),
        ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ]

    /// Adds those fields that an answer does not have yet.
    static func add(to headers: inout HTTPHeaders, isSecure: Bool) {
        if headers["Cache-Control"] == nil {
            // What has a tag may be kept, if it is asked for again each time.
            headers.add("Cache-Control", headers["ETag"] == nil ? "no-store" : "private, no-cache")
        }
        for (name, value) in fields where headers[name] == nil { headers.add(name, value) }
        if isSecure { headers.add("Strict-Transport-Security", "max-age=31536000") }
    }
}
