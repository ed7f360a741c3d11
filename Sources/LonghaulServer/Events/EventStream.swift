import LonghaulCore
import LonghaulHTTP

/// Answers that go on until their subject ends, the client leaves or the server stops.
enum EventStream {
    /// How many bytes may wait in memory for one client: a slow client's stream waits, and later skips what it missed.
    private static let pendingBytes = 16 * 1024

    /// A stream that `body` writes.
    ///
    /// - Throws: `system_busy` if too many event streams are open.
    static func response(
        _ context: APIContext, _ request: APIRequest,
        _ body: @escaping @Sendable (HTTPBodyWriter) async throws -> Void
    ) throws(LonghaulError) -> HTTPResponse {
        let slot = try context.streams.open(for: request.http.remoteAddress)
        return HTTPResponse(
            status: 200, headers: ServerSentEvents.headers,
            body: .stream { writer in
                defer { withExtendedLifetime(slot) {} }
                writer.limitPending(to: pendingBytes)
                _ = try await context.held.hold { try await body(writer) }
            })
    }
}
