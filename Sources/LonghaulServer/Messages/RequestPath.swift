import LonghaulHTTP

/// The path of a request for logs.
enum RequestPath {
    /// The replacement of a token. With the token, a reader of the log could end an attempt, or send a signal.
    private static let redaction = "***"
    private static let callsWithoutToken: Set<String> = ["heartbeat", "complete"]

    /// The path with a lease token or a signal token replaced.
    static func redacted(_ request: HTTPRequest) -> String {
        guard request.segments.count >= 3, request.segments[0] == "v1" else { return request.path }
        switch request.segments[1] {
        case "leases" where request.segments.count > 3 || !callsWithoutToken.contains(request.segments[2]):
            break
        case "signals": break
        default: return request.path
        }
        var segments = request.segments
        segments[2] = redaction
        return "/" + segments.joined(separator: "/")
    }
}
