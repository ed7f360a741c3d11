import LonghaulHTTP

/// The header fields that restrict what browsers do with an answer. Every answer has them.
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

    /// Makes browsers use TLS for the host of a request that arrived over TLS.
    ///
    /// Not for `localhost`: browsers apply the field to every port of a host, also to those of other programs, which have
    /// no TLS there.
    static func addStrictTransport(to headers: inout HTTPHeaders, _ request: HTTPRequest, seconds: Int) {
        guard request.isSecure, seconds > 0 else { return }
        let host = request.authority.flatMap { HTTPAuthority($0) }?.host ?? ""
        guard host != "localhost", !host.hasSuffix(".localhost") else { return }
        headers.add("Strict-Transport-Security", "max-age=\(seconds)")
    }
}
