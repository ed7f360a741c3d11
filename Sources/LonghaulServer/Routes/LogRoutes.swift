import LonghaulCore
import LonghaulEngine
import LonghaulHTTP
import LonghaulJSON

/// The route of a job's log.
struct LogRoutes: RouteGroup {
    let context: APIContext

    private static let batch = 500

    var routes: [Route] {
        [
            Route(
                method: "GET", pattern: "/v1/jobs/{id}/logs", operation: "jobLogs", tag: .events,
                access: .scope(.jobsRead),
                summary: "The log lines of the job's attempts, oldest first.",
                description: """
                    A log keeps the newest 10,000 lines; `dropped` is the number of removed earlier lines. \
                    Lines are numbered from 1: a gap in the numbers of a stream means that lines are missing. \
                    The log of an execution has the events for which the `loggingConfiguration` of its state \
                    machine asks, each as a JSON object in the form of AWS.
                    """,
                query: QueryParameter.page(cursor: "^[0-9]{1,18}$") + [
                    QueryParameter(
                        name: "follow",
                        description: "true streams the lines as server-sent events until the job has ended.",
                        schema: .boolean)
                ],
                answers: [200: .namedOrEvents("LogPage")], problems: [400, 404, 503], handler: logs)
        ]
    }

    @Sendable
    private func logs(_ request: APIRequest) async throws -> HTTPResponse {
        let id = try await context.coveredJob(of: request)
        let after =
            try request.query("cursor", "the next_cursor of an earlier page") {
                $0.hasPrefix("+") || $0.hasPrefix("-") ? nil : Int64($0)
            } ?? 0
        if request.flag("follow") ?? false { return try await self.follow(id, request, after: after) }
        let limit = request.limit()
        let lines = try await context.engine.logs(id, after: after, limit: limit + 1)
        let page = lines.prefix(limit)
        let next = lines.count > limit ? page.last.map { "\($0.number)" } : nil
        let dropped =
            after > 0 ? try await context.engine.droppedLogLines(id) : page.first.map { $0.number - 1 } ?? 0
        return Answer.page(
            page, next: next, cursor: { "\($0.number)" }, more: { $0.field("dropped", dropped) })
    }

    private func follow(_ id: JobID, _ request: APIRequest, after: Int64) async throws -> HTTPResponse {
        let engine = context.engine
        // Reads the job before the stream begins, so that an unknown job is a 404.
        _ = try await engine.job(id)
        let start = request.http.headers["Last-Event-ID"].flatMap { Int64($0) } ?? after
        return try EventStream.response(context, request) { writer in
            var last = start
            while true {
                let isFinal = try await engine.job(id).state.isFinal
                let lines = try await engine.waitForLogs(id, after: last, limit: Self.batch, seconds: 15)
                for line in lines {
                    try await writer.write(Self.event(line))
                    last = line.number
                }
                guard lines.isEmpty else { continue }
                if isFinal { return }
                try await writer.write(ServerSentEvents.heartbeat)
            }
        }
    }

    private static func event(_ line: StoredLogLine) -> String {
        var writer = JSONWriter()
        line.write(to: &writer)
        return ServerSentEvents.text(
            id: "\(line.number)", event: "line", data: String(decoding: writer.bytes, as: UTF8.self))
    }
}
