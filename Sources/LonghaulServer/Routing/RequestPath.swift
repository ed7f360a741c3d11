import LonghaulHTTP

/// The path of a request as it may be shown.
enum RequestPath {
    /// Replaces a lease token. A reader of a log who knew the token could end the attempt.
    private static let redaction = "***"
    private static let callsWithoutToken: Set<String> = ["heartbeat", "complete"]

    /// The path without the lease token that it may hold.
    static func redacted(_ request: HTTPRequest) -> String {
        guard request.segments.count >= 3, request.segments[0] == "v1", request.segments[1] == "leases",
            request.segments.count > 3 || !callsWithoutToken.contains(request.segments[2])
        else { return request.path }
        var segments = request.segments
        segments[2] = redaction
        return "/" + segments.joined(separator: "/")
    }
}
