import LonghaulHTTP

/// The path of a request for logs.
enum RequestPath {
    /// The replacement of a lease token. With the token, a reader of the log could end the attempt.
    private static let redaction = "***"
    private static let callsWithoutToken: Set<String> = ["heartbeat", "complete"]

    /// The path with a lease token replaced.
    static func redacted(_ request: HTTPRequest) -> String {
        guard request.segments.count >= 3, request.segments[0] == "v1", request.segments[1] == "leases",
            request.segments.count > 3 || !callsWithoutToken.contains(request.segments[2])
        else { return request.path }
        var segments = request.segments
        segments[2] = redaction
        return "/" + segments.joined(separator: "/")
    }
}
