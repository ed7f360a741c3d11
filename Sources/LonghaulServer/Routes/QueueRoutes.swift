import LonghaulCore
import LonghaulEngine
import LonghaulHTTP
import LonghaulJSON

/// The routes of queues and workers.
struct QueueRoutes: RouteGroup {
    let context: APIContext

    var routes: [Route] {
        [
            Route(
                method: "GET", pattern: "/v1/queues", operation: "listQueues", tag: .queues,
                access: .scope(.jobsRead),
                summary: "The queues, by name.",
                description: "With the counts of jobs by state and the rates of the last minute.",
                query: QueryParameter.page(cursor: "^q1\\.[A-Za-z0-9._-]{1,100}$"),
                answers: [200: .named("QueuePage")], problems: [400], handler: list),
            Route(
                method: "GET", pattern: "/v1/queues/{name}", operation: "getQueue", tag: .queues,
                access: .scope(.jobsRead),
                summary: "A queue.",
                description: "404 for a queue that has never been used.",
                answers: [200: .named("Queue")], problems: [404], handler: get),
            Route(
                method: "PUT", pattern: "/v1/queues/{name}", operation: "setQueue", tag: .queues,
                access: .scope(.queuesWrite),
                summary: "Sets the settings of a queue. Creates the queue if it does not exist.",
                description: "A missing bound gets its default. null means no bound.",
                body: .named("QueueSettings"),
                example: #"""
                    {"max_depth": 50000, "max_concurrency": 4, "rate_limit": {"jobs": 100, "period_seconds": 60,
                    "burst": 10}}
                    """#, answers: [200: .named("Queue")],
                problems: [400, 413, 415, 503], handler: set),
            Route(
                method: "DELETE", pattern: "/v1/queues/{name}", operation: "deleteQueue", tag: .queues,
                access: .scope(.queuesWrite),
                summary: "Deletes a queue without waiting or running jobs. Its ended jobs remain.",
                description: """
                    409 while jobs of the queue wait or run. `purge=true` cancels the waiting jobs first. Ended \
                    jobs remain. The next submission creates the queue again, with default settings.
                    """,
                query: [
                    QueryParameter(
                        name: "purge",
                        description:
                            "true cancels the waiting jobs first. A running job is a conflict in any case.",
                        schema: .boolean)
                ],
                answers: [204: .nothing], problems: [400, 404, 409], handler: delete),
            Route(
                method: "POST", pattern: "/v1/queues/{name}/pause", operation: "pauseQueue", tag: .queues,
                access: .scope(.queuesWrite),
                summary: "Pauses a queue: workers get no jobs of it.",
                description: "Running jobs continue, and submissions are accepted.",
                answers: [200: .named("Queue")], examples: [200: #"{"paused": true}"#],
                problems: [400, 404], handler: { try await pause($0, true) }),
            Route(
                method: "POST", pattern: "/v1/queues/{name}/resume", operation: "resumeQueue", tag: .queues,
                access: .scope(.queuesWrite),
                summary: "Resumes a paused queue.",
                description: "Waiting workers get jobs at once.", answers: [200: .named("Queue")],
                problems: [400, 404], handler: { try await pause($0, false) }),
            Route(
                method: "GET", pattern: "/v1/workers", operation: "listWorkers", tag: .workers,
                access: .scope(.jobsRead),
                summary:
                    "The workers seen in the last day: healthy and late workers first, then the most recent.",
                description: """
                    `late` means that two heartbeats are missing, `gone` that the leases of the worker have \
                    ended.
                    """,
                query: QueryParameter.page(cursor: "^w1\\.[01]\\.[0-9]{1,18}\\.[^\\u0000]*$"),
                answers: [200: .named("WorkerPage")], problems: [400],
                handler: workers),
            Route(
                method: "DELETE", pattern: "/v1/workers/{id}", operation: "deregisterWorker", tag: .workers,
                access: .scope(.work),
                summary: "Deregisters a stopped worker and releases its jobs at once.",
                description: """
                    A worker calls it when it stops. Its jobs are pending again, and their attempts do not \
                    count.
                    """,
                answers: [200: .named("ReleasedJobs")], problems: [404], handler: deregister),
        ]
    }

    @Sendable
    private func list(_ request: APIRequest) async throws -> HTTPResponse {
        let after = try request.query("cursor", "the next_cursor of an earlier page", Self.name)
        let limit = request.limit()
        let queues = try await context.engine.queues(after: after, limit: limit + 1)
        let page = queues.prefix(limit)
        let next = queues.count > limit ? page.last.map(Self.cursor) : nil
        let covered = page.filter { request.grant.covers(queue: $0.record.name) }
        return Answer.page(covered, next: next, cursor: Self.cursor)
    }

    private static let cursorMark = "q1."

    private static func cursor(behind queue: QueueStatus) -> String { cursorMark + queue.record.name }

    private static func name(of cursor: String) -> String? {
        let name = String(cursor.dropFirst(cursorMark.count))
        return cursor.hasPrefix(cursorMark) && QueueSettings.isName(name) ? name : nil
    }

    /// The queue that the path names.
    ///
    /// - Throws: ``LonghaulError`` `forbidden` if the caller's key does not cover the queue.
    private func name(in request: APIRequest) throws(LonghaulError) -> String {
        let name = request.parameter("name")
        try request.grant.require(queue: name)
        return name
    }

    @Sendable
    private func get(_ request: APIRequest) async throws -> HTTPResponse {
        return Answer.json(200, try await context.engine.queue(try name(in: request)))
    }

    @Sendable
    private func set(_ request: APIRequest) async throws -> HTTPResponse {
        let name = try name(in: request)
        let settings = try await request.decode(QueueSettings.self)
        return Answer.json(200, try await context.engine.setQueue(name, settings))
    }

    @Sendable
    private func delete(_ request: APIRequest) async throws -> HTTPResponse {
        let purge = request.flag("purge") ?? false
        try await context.engine.deleteQueue(try name(in: request), purge: purge)
        return Answer.empty(204)
    }

    private func pause(_ request: APIRequest, _ paused: Bool) async throws -> HTTPResponse {
        try await request.expectNoBody()
        return Answer.json(200, try await context.engine.pauseQueue(try name(in: request), paused))
    }

    @Sendable
    private func workers(_ request: APIRequest) async throws -> HTTPResponse {
        let cursor = try request.query("cursor", "the next_cursor of an earlier page") { WorkerCursor($0) }
        let limit = request.limit()
        let now = context.engine.time.now()
        let workers = try await context.engine.workers().filter { request.grant.shows($0) }
        let rest = workers.map { (WorkerCursor(after: $0, at: now), $0) }
            .sorted { $0.0 < $1.0 }
            .drop { place, _ in cursor.map { place <= $0 } ?? false }
        let page = rest.prefix(limit)
        let next = rest.count > limit ? page.last?.0.description : nil
        return Answer.page(page.map(\.1), next: next) {
            WorkerCursor(after: $0, at: now).description
        } write: { worker, writer in
            worker.write(to: &writer, at: now)
        }
    }

    @Sendable
    private func deregister(_ request: APIRequest) async throws -> HTTPResponse {
        let id = request.parameter("id")
        if request.grant.isLimited {
            let worker = try await context.engine.workers().first { $0.info.id == id }
            guard worker.map(request.grant.covers) ?? true else {
                throw LonghaulError(.forbidden, "the worker takes jobs that the API key does not cover")
            }
        }
        let jobs = try await context.engine.deregister(id)
        return Answer.json(200, ReleasedJobs(jobs: jobs))
    }
}

extension KeyGrant {
    /// Whether a caller may see a worker: it takes jobs of a queue that the grant covers.
    fileprivate func shows(_ worker: WorkerRecord) -> Bool { worker.queues.contains { covers(queue: $0) } }

    /// Whether a worker takes only jobs that the grant covers.
    fileprivate func covers(_ worker: WorkerRecord) -> Bool {
        worker.queues.allSatisfy { covers(queue: $0) } && worker.kinds.allSatisfy { covers(kind: $0) }
            && (kinds.isEmpty || !worker.kinds.isEmpty)
    }
}
