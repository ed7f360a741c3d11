import LonghaulCore
import LonghaulEngine
import LonghaulHTTP
import LonghaulJSON

/// Queues and workers.
struct QueueRoutes {
    let context: APIContext

    var routes: [Route] {
        [
            Route(
                method: "GET", pattern: "/v1/queues", operation: "listQueues",
                summary: "Every queue that has been used.", answers: [200: .named("QueuePage")],
                handler: list),
            Route(
                method: "GET", pattern: "/v1/queues/{name}", operation: "getQueue", summary: "A queue.",
                answers: [200: .named("Queue")], problems: [404], handler: get),
            Route(
                method: "PUT", pattern: "/v1/queues/{name}", operation: "setQueue",
                summary: "Sets a queue's bounds; makes the queue if it is new.",
                body: .named("QueueSettings"), answers: [200: .named("Queue")], problems: [400, 413, 415],
                handler: set),
            Route(
                method: "POST", pattern: "/v1/queues/{name}/pause", operation: "pauseQueue",
                summary: "Stops giving out the queue's jobs.", answers: [200: .named("Queue")],
                problems: [400, 404], handler: { try await pause($0, true) }),
            Route(
                method: "POST", pattern: "/v1/queues/{name}/resume", operation: "resumeQueue",
                summary: "Gives out the queue's jobs again.", answers: [200: .named("Queue")],
                problems: [400, 404], handler: { try await pause($0, false) }),
            Route(
                method: "GET", pattern: "/v1/workers", operation: "listWorkers",
                summary: "The workers heard of in the last day.", answers: [200: .named("WorkerPage")],
                handler: workers),
            Route(
                method: "DELETE", pattern: "/v1/workers/{id}", operation: "deregisterWorker",
                summary: "Forgets a worker that has stopped: what it still holds goes back at once.",
                answers: [200: .named("ReleasedJobs")], problems: [404], handler: deregister),
        ]
    }

    @Sendable
    private func list(_ request: APIRequest) async throws -> HTTPResponse {
        try request.allow()
        let queues = try await context.engine.queues()
        return Answer.page(next: nil) { writer in
            for queue in queues { writer.element(queue) }
        }
    }

    @Sendable
    private func get(_ request: APIRequest) async throws -> HTTPResponse {
        try request.allow()
        return Answer.json(200, try await context.engine.queue(request.parameter("name")))
    }

    @Sendable
    private func set(_ request: APIRequest) async throws -> HTTPResponse {
        try request.allow()
        let settings = try await request.decode(QueueSettings.self)
        return Answer.json(200, try await context.engine.setQueue(request.parameter("name"), settings))
    }

    private func pause(_ request: APIRequest, _ paused: Bool) async throws -> HTTPResponse {
        try request.allow()
        try await request.expectNoBody()
        return Answer.json(200, try await context.engine.pauseQueue(request.parameter("name"), paused))
    }

    @Sendable
    private func workers(_ request: APIRequest) async throws -> HTTPResponse {
        try request.allow()
        let workers = try await context.engine.workers()
        let now = context.engine.time.now()
        return Answer.page(next: nil) { writer in
            for worker in workers { worker.write(to: &writer, at: now) }
        }
    }

    @Sendable
    private func deregister(_ request: APIRequest) async throws -> HTTPResponse {
        try request.allow()
        let jobs = try await context.engine.deregister(request.parameter("id"))
        return Answer.json(200, ReleasedJobs(jobs: jobs))
    }
}
