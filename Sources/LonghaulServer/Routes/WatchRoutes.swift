import LonghaulCore
import LonghaulEngine
import LonghaulExecutions
import LonghaulHTTP
import LonghaulJSON
import LonghaulTracing

/// The routes of metrics, history and scaling.
struct WatchRoutes: RouteGroup {
    let context: APIContext

    private static let minutes = QueryParameter(
        name: "minutes",
        description: "How far back, \(HistoryQuery.minutes.lowerBound) to "
            + "\(HistoryQuery.minutes.upperBound); 60 if not given.", schema: .integer(HistoryQuery.minutes)
    )

    private static let step = QueryParameter(
        name: "step_minutes",
        description:
            "The duration that a sample covers; 1 if not given. It is rounded up to hours if `minutes` is more "
            + "than a day.", schema: .integer(HistoryQuery.stepMinutes))

    private static let total = QueryParameter(
        name: "total",
        description: """
            Adds up all queues. The samples then have the queue `\(HistoryQuery.totalName)`. Their depth is an upper bound \
            before the last day.
            """,
        schema: .boolean)

    private static let page = QueryParameter.page(cursor: "^h1\\.[0-9]{1,18}\\.([A-Za-z0-9._-]{1,100}|\\*)$")

    var routes: [Route] {
        [
            Route(
                method: "GET", pattern: "/metrics", operation: "metrics", tag: .monitoring,
                access: .monitoring,
                summary: "The metrics in the Prometheus text format.",
                description: "Prometheus text format.", answers: [200: .text],
                handler: metrics),
            Route(
                method: "GET", pattern: "/v1/history", operation: "history", tag: .monitoring,
                access: .scope(.jobsRead),
                summary: "The activity of all queues over time.",
                description:
                    "The server keeps samples of minutes for 24 hours, and samples of hours for 7 days.",
                query: [Self.minutes, Self.step, Self.total] + Self.page,
                answers: [200: .named("QueueHistory")], problems: [400], handler: history),
            Route(
                method: "GET", pattern: "/v1/queues/{name}/history", operation: "queueHistory",
                tag: .monitoring,
                access: .scope(.jobsRead),
                summary: "The activity of a queue over time.",
                description:
                    "The server keeps samples of minutes for 24 hours, and samples of hours for 7 days.",
                query: [Self.minutes, Self.step] + Self.page,
                answers: [200: .named("QueueHistory")], problems: [400, 404], handler: queueHistory),
            Route(
                method: "GET", pattern: "/v1/scale", operation: "scale", tag: .monitoring,
                access: .scope(.jobsRead),
                summary: "The number of workers that the load of a queue requires, for autoscalers.",
                description: "`jobs_per_worker` or `drain_seconds` sets the target.",
                query: ScaleQuery.parameters, answers: [200: .named("Scale")], problems: [400, 404],
                handler: scale),
        ]
    }

    @Sendable
    private func metrics(_ request: APIRequest) async throws -> HTTPResponse {
        // The metrics are those of all queues.
        try request.grant.requireAllQueues()
        var text = PrometheusText()
        await context.engine.writeMetrics(to: &text)
        context.stepFunctions?.writeMetrics(to: &text)
        context.metrics.write(context.configuration.http.counters, to: &text)
        context.streams.write(to: &text)
        if let counts = context.configuration.tracer?.counts {
            text.begin("longhaul_spans_total", .counter, "Spans of traces, by outcome.")
            text.value(counts.sent, [("outcome", "sent")])
            text.value(counts.dropped, [("outcome", "dropped")])
        }
        text.begin("longhaul_build_info", .gauge, "The version of the server, as a label. Always 1.")
        text.value(1, [("version", context.configuration.version)])
        return .text(200, text.text, contentType: PrometheusText.contentType)
    }

    @Sendable
    private func history(_ request: APIRequest) async throws -> HTTPResponse {
        try await answer(request, queue: nil)
    }

    @Sendable
    private func queueHistory(_ request: APIRequest) async throws -> HTTPResponse {
        let name = request.parameter("name")
        try request.grant.require(queue: name)
        return try await answer(request, queue: name)
    }

    private func answer(_ request: APIRequest, queue: String?) async throws -> HTTPResponse {
        let limit = request.limit()
        let query = HistoryQuery(
            queue: queue, minutes: request.integer("minutes") ?? 60,
            stepMinutes: request.integer("step_minutes") ?? 1, isTotal: request.flag("total") ?? false,
            after: try request.query("cursor", "the next_cursor of an earlier page", Self.place),
            limit: limit + 1)
        let covers = { (name: String) in request.grant.covers(queue: name) }
        let samples = try await context.engine.history(query, covers: covers)
        let page = samples.prefix(limit)
        let next = samples.count > limit ? page.last.map(Self.cursor) : nil
        let covered = query.isTotal ? Array(page) : page.filter { covers($0.queue) }
        return Answer.page(covered, next: next, cursor: Self.cursor)
    }

    private static func cursor(behind sample: QueueSample) -> String {
        "h1.\(sample.at.milliseconds).\(sample.queue)"
    }

    private static func place(of cursor: String) -> QueueSample.Place? {
        let parts = cursor.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "h1", let at = Int64(parts[1]) else { return nil }
        return QueueSample.Place(at: Timestamp(milliseconds: at), queue: String(parts[2]))
    }

    @Sendable
    private func scale(_ request: APIRequest) async throws -> HTTPResponse {
        let query = try ScaleQuery(request)
        if let queue = query.queue {
            try request.grant.require(queue: queue)
        } else {
            try request.grant.requireAllQueues()
        }
        let load = try await context.engine.scalingLoad(ofQueue: query.queue)
        return Answer.json(
            200, ScaleAdvice(depth: load.pending, desiredWorkers: query.workers(for: load)))
    }
}

/// The query of an autoscaler.
private struct ScaleQuery {
    static let parameters = [
        QueryParameter(name: "queue", description: "The queue. By default, all queues together."),
        QueryParameter(
            name: "jobs_per_worker",
            description:
                "The number of pending or running jobs for each worker. The default is 10 if no target is given.",
            schema: .number(0.001...1_000_000)),
        QueryParameter(
            name: "drain_seconds",
            description: "The maximum wait of a job, in seconds. Excludes jobs_per_worker.",
            schema: .number(0.001...1_000_000)),
        QueryParameter(
            name: "slots_per_worker",
            description: "The number of jobs that a worker runs at once. The default is 1.",
            schema: .integer(1...1_000_000)),
        QueryParameter(
            name: "min_workers", description: "The minimum number of workers. The default is 0.",
            schema: .integer(0...1_000_000)),
        QueryParameter(
            name: "max_workers", description: "The maximum number of workers. By default, there is no bound.",
            schema: .integer(0...1_000_000)),
    ]

    let queue: String?
    private let target: ScalingTarget
    private let slots: Int
    private let bounds: ClosedRange<Int>

    init(_ request: APIRequest) throws(LonghaulError) {
        queue = request.http.query.first("queue")
        let jobs = request.number("jobs_per_worker")
        let drain = request.number("drain_seconds")
        if jobs != nil, drain != nil {
            throw APIRequest.fault("drain_seconds", "cannot be combined with jobs_per_worker")
        }
        target = drain.map { .drain(seconds: $0) } ?? jobs.map { .jobsPerWorker($0) } ?? .default
        slots = request.integer("slots_per_worker") ?? 1
        let minimum = request.integer("min_workers") ?? 0
        let maximum = request.integer("max_workers") ?? Int.max
        guard minimum <= maximum else { throw APIRequest.fault("max_workers", "is less than min_workers") }
        bounds = minimum...maximum
    }

    func workers(for load: ScalingLoad) -> Int {
        min(max(target.workers(for: load, slots: slots), bounds.lowerBound), bounds.upperBound)
    }
}
