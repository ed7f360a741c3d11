import LonghaulCore
import LonghaulEngine
import LonghaulHTTP
import LonghaulJSON

/// Server-sent events: a job's history and live changes, and the live changes of all jobs.
struct EventRoutes {
    let context: APIContext

    /// How often a quiet stream shows that it lives, in seconds.
    private static let heartbeatSeconds = 15.0

    var routes: [Route] {
        [
            Route(
                method: "GET", pattern: "/v1/jobs/{id}/events", operation: "jobEvents",
                summary: "The job's history and then its live changes; ends with its final state.",
                answers: [200: .events, 204: .nothing], problems: [400, 404], handler: jobEvents),
            Route(
                method: "GET", pattern: "/v1/events", operation: "allEvents",
                summary: "Live changes of every job.",
                query: [Route.Parameter(name: "queue", description: "Only of jobs in this queue.")],
                answers: [200: .events], problems: [400], handler: allEvents),
        ]
    }

    @Sendable
    private func jobEvents(_ request: APIRequest) async throws -> HTTPResponse {
        try request.allow()
        let id = try request.jobID()
        let last = request.http.headers["Last-Event-ID"].flatMap { Int($0) } ?? 0
        // Read before the stream begins, so that an unknown job is a 404; and the job before its history, so that
        // nothing can come after an end that has been told.
        let hasEnded = last > 0 ? try await context.engine.job(id).state.isFinal : false
        let past = try await context.engine.history(id, afterVersion: max(0, last))
        // Who has heard the end and comes again is told by this status not to.
        if hasEnded, past.isEmpty { return Answer.empty(204) }
        return EventStream.response(context) { [context] writer in
            let changes = context.engine.feed.subscribe(to: id)
            var seen = try await Self.write(past, after: last, to: writer)
            if past.last?.state.isFinal == true { return }
            // Between the first reading and the subscription something may have happened.
            let missed = try await context.engine.history(id, afterVersion: seen)
            seen = try await Self.write(missed, after: seen, to: writer)
            if missed.last?.state.isFinal == true { return }
            for await entry in changes.withHeartbeats(every: Self.heartbeatSeconds, writer) {
                if let change = entry?.change, change.isProgress {
                    try await writer.write(Self.event(change, id: nil))
                    continue
                }
                let news = try await context.engine.news(of: id, after: seen, told: entry?.change)
                seen = try await Self.write(news, after: seen, to: writer)
                if news.last?.state.isFinal == true { return }
            }
        }
    }

    private static func write(
        _ changes: [JobChange], after version: Int, to writer: HTTPBodyWriter
    ) async throws -> Int {
        for change in changes { try await writer.write(event(change, id: "\(change.version)")) }
        return changes.last?.version ?? version
    }

    @Sendable
    private func allEvents(_ request: APIRequest) async throws -> HTTPResponse {
        try request.allow("queue")
        let queue = request.http.query.first("queue")
        let feed = context.engine.feed
        let last = request.http.headers["Last-Event-ID"].flatMap { Self.number(in: $0, epoch: feed.epoch) }
        return EventStream.response(context) { writer in
            let changes = feed.subscribe(after: last)
            for await case .some(let entry) in changes.withHeartbeats(every: Self.heartbeatSeconds, writer)
            where queue == nil || entry.change.queue == queue {
                let id = String(feed.epoch, radix: 16) + "-\(entry.number)"
                try await writer.write(Self.event(entry.change, id: id))
            }
        }
    }

    /// The place in the feed that an event's identifier names; 0, all that is kept, if it is of another
    /// process: better told twice than not at all.
    private static func number(in text: String, epoch: UInt64) -> UInt64? {
        let parts = text.split(separator: "-")
        guard parts.count == 2, let number = UInt64(parts[1]) else { return nil }
        return UInt64(parts[0], radix: 16) == epoch ? number : 0
    }

    private static func event(_ change: JobChange, id: String?) -> String {
        var writer = JSONWriter()
        change.write(to: &writer)
        return ServerSentEvents.text(
            id: id, event: change.isProgress ? "progress" : "state",
            data: String(decoding: writer.bytes, as: UTF8.self))
    }
}

extension Engine {
    /// What is new about a job, given what the feed told of it; nil where the feed was quiet, which may have missed
    /// what another server did while the store was away.
    fileprivate func news(
        of id: JobID, after version: Int, told change: JobChange?
    ) async throws -> [JobChange] {
        do {
            guard let change else { return try await history(id, afterVersion: version) }
            guard change.version > version else { return [] }
            return change.version > version + 1 ? try await history(id, afterVersion: version) : [change]
        } catch let error as LonghaulError where error.isTransient {
            return []
        }
    }
}

/// Answers that go on until their subject ends, the client leaves or the server stops.
enum EventStream {
    static func response(
        _ context: APIContext, _ body: @escaping @Sendable (HTTPBodyWriter) async throws -> Void
    ) -> HTTPResponse {
        HTTPResponse(
            status: 200, headers: ServerSentEvents.headers,
            body: .stream { writer in _ = try await context.held.hold { try await body(writer) } })
    }
}

extension AsyncStream where Element: Sendable {
    /// The same elements, and nil from time to time, when a comment is written into the answer: it keeps the way
    /// open, and finds out whether the client is still there.
    func withHeartbeats(every seconds: Double, _ writer: HTTPBodyWriter) -> AsyncStream<Element?> {
        let (merged, continuation) = AsyncStream<Element?>.makeStream()
        let elements = Task {
            for await element in self { continuation.yield(element) }
            continuation.finish()
        }
        let heartbeats = Task {
            while (try? await Task.sleep(for: .seconds(seconds))) != nil {
                do { try await writer.write(ServerSentEvents.heartbeat) } catch { break }
                continuation.yield(nil)
            }
            continuation.finish()
        }
        continuation.onTermination = { _ in
            elements.cancel()
            heartbeats.cancel()
        }
        return merged
    }
}
