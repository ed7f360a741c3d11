import LonghaulCore
import LonghaulHTTP

/// Streamed answers that end with their job, with the connection or with the server.
enum EventStream {
    /// The maximum number of unsent bytes for one client. The stream of a slow client waits, and later sends a resync event.
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
                _ = try await context.held.hold(by: request.caller) { try await body(writer) }
            })
    }
}
