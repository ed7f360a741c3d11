import LonghaulCore
import LonghaulEngine
import LonghaulHTTP
import LonghaulJSON

/// Server-sent events: a job's history and live changes, and the live changes of all jobs.
struct EventRoutes: RouteGroup {
    let context: APIContext

    var routes: [Route] {
        [
            Route(
                method: "GET", pattern: "/v1/jobs/{id}/events", operation: "jobEvents", tag: .events,
                access: .scope(.jobsRead),
                summary: "The job's history and then its live changes; ends with its final state.",
                description: """
                    `Last-Event-ID` continues after an event. After the end of the job, a repeated request \
                    answers 204.
                    """,
                headers: [.lastEventID],
                answers: [200: .events, 204: .nothing], problems: [400, 404, 503], handler: jobEvents),
            Route(
                method: "GET", pattern: "/v1/events", operation: "allEvents", tag: .events,
                access: .scope(.jobsRead),
                summary:
                    "Live changes of every job, as events \"state\" and \"progress\". An event \"resync\" means "
                    + "that changes are missing, because the client was too slow or resumed too far back. It must "
                    + "read again what it shows. The stream continues with new changes.",
                description: """
                    Without `Last-Event-ID` the stream begins with the next change. With the ID of an event of \
                    this server process it continues after that event, or sends `resync` if the server no \
                    longer holds the changes in between. With the ID of an event of another process it sends \
                    all changes that the server holds, and then `resync`.
                    """,
                headers: [.lastEventID],
                query: [QueryParameter(name: "queue", description: "Only changes of jobs in this queue.")],
                answers: [200: .events], problems: [400, 503], handler: allEvents),
        ]
    }

    @Sendable
    private func jobEvents(_ request: APIRequest) async throws -> HTTPResponse {
        let id = try await context.coveredJob(of: request)
        let given = max(0, request.http.headers["Last-Event-ID"].flatMap { Int($0) } ?? 0)
        // Reads the job before the stream begins, so that an unknown job is a 404, and before its history, so that no change
        // follows a final state.
        let job = given > 0 ? try await context.engine.job(id) : nil
        let hasEnded = job?.state.isFinal ?? false
        // A version above that of the job would hide all changes up to it.
        let last = min(given, job?.version ?? 0)
        let past = try await context.engine.history(id, afterVersion: last)
        // A client that has received the final state and connects again stops at this status.
        if hasEnded, past.isEmpty { return Answer.empty(204) }
        return try EventStream.response(context, request) { [context] writer in
            var reader = context.events.reader(of: id)
            var seen = try await Self.write(past, after: last, to: writer)
            if past.last?.state.isFinal == true { return }
            // The job may have changed between the first read and the start of the reader.
            let missed = try await context.engine.history(id, afterVersion: seen)
            seen = try await Self.write(missed, after: seen, to: writer)
            if missed.last?.state.isFinal == true { return }
            while let step = try await context.events.next(&reader) {
                let changes = try await Self.changes(of: id, after: seen, step, context.engine, writer)
                seen = try await Self.write(changes, after: seen, to: writer)
                if changes.last(where: { !$0.isProgress })?.state.isFinal == true { return }
            }
        }
    }

    /// The changes of a job to send after a step of its stream: its state changes after a version, and its progress.
    private static func changes(
        of id: JobID, after version: Int, _ step: EventHub.Step, _ engine: Engine, _ writer: HTTPBodyWriter
    ) async throws -> [JobChange] {
        switch step {
        case .quiet:
            try await writer.write(ServerSentEvents.heartbeat)
            return try await engine.states(of: id, after: version)
        case .missed: return try await engine.states(of: id, after: version)
        case .batch(let batch, let after):
            let first = after >= batch.firstNumber ? Int(after - batch.firstNumber) + 1 : 0
            let changes = batch.changes.dropFirst(first).filter { $0.jobID == id }
            let states = changes.filter { !$0.isProgress && $0.version > version }
            // Versions without a gap need no read of the store.
            let isWhole = states.enumerated().allSatisfy { $1.version - version == $0 + 1 }
            if isWhole { return changes.filter { $0.isProgress || $0.version > version } }
            return changes.filter(\.isProgress) + (try await engine.states(of: id, after: version))
        }
    }

    private static func write(
        _ changes: [JobChange], after version: Int, to writer: HTTPBodyWriter
    ) async throws -> Int {
        var seen = version
        for change in changes {
            try await writer.write(EventText.event(change, id: change.isProgress ? nil : "\(change.version)"))
            if !change.isProgress { seen = change.version }
        }
        return seen
    }

    @Sendable
    private func allEvents(_ request: APIRequest) async throws -> HTTPResponse {
        let queue = request.http.query.first("queue")
        let grant = request.grant
        if let queue { try grant.require(queue: queue) }
        let events = context.events
        let epoch = context.engine.feed.epoch
        let last = request.http.headers["Last-Event-ID"]
        return try EventStream.response(context, request) { [streams = context.streams] writer in
            var reader = Self.reader(after: last, ofQueue: queue, events, epoch: epoch)
            // Firefox reports a stream as open only when it has the first bytes of the body.
            try await writer.write(ServerSentEvents.heartbeat)
            while let step = try await events.next(&reader) {
                switch step {
                case .quiet: try await writer.write(ServerSentEvents.heartbeat)
                case .missed:
                    streams.countResync()
                    try await writer.write(EventText.resync(at: reader.position, epoch: epoch))
                case .batch(let batch, let after):
                    let pieces = EventText.pieces(
                        of: batch, after: after, queue: queue, grant: grant, epoch: epoch)
                    for piece in pieces {
                        try await writer.write(piece)
                    }
                }
            }
        }
    }

    /// The reader for a stream with this `Last-Event-ID`. With an ID of another process, it gets all changes in the ring, so
    /// that it may get a change twice but misses none.
    private static func reader(
        after lastID: String?, ofQueue queue: String?, _ events: EventHub, epoch: UInt64
    ) -> EventHub.Reader {
        guard let parts = lastID?.split(separator: "-"), parts.count == 2, let number = UInt64(parts[1])
        else {
            return events.reader(after: nil, ofQueue: queue)
        }
        return UInt64(parts[0], radix: 16) == epoch
            ? events.reader(after: number, ofQueue: queue) : events.readerFromAnotherProcess(ofQueue: queue)
    }
}

extension Engine {
    /// The state changes of a job after a version; none if the store is unavailable, so that the stream continues.
    fileprivate func states(of id: JobID, after version: Int) async throws -> [JobChange] {
        do {
            return try await history(id, afterVersion: version)
        } catch let error as LonghaulError where error.isTransient {
            return []
        }
    }
}
