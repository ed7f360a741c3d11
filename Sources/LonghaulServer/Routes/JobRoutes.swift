import LonghaulCore
import LonghaulEngine
import LonghaulHTTP
import LonghaulJSON

/// Reading and steering jobs.
struct JobRoutes {
    let context: APIContext

    var routes: [Route] {
        [
            Route(
                method: "GET", pattern: "/v1/jobs", operation: "listJobs",
                summary: "Lists jobs, newest first.", query: Self.filters,
                answers: [200: .named("JobPage")], problems: [400], handler: list),
            Route(
                method: "GET", pattern: "/v1/jobs/{id}", operation: "getJob", summary: "The job.",
                query: [
                    Route.Parameter(
                        name: "wait_seconds", description: "Answers as soon as the job has ended, 0 to 60.")
                ],
                answers: [200: .named("Job"), 304: .nothing], problems: [400, 404], handler: get),
            Route(
                method: "POST", pattern: "/v1/jobs/{id}/cancel", operation: "cancelJob",
                summary: "Cancels a job that has not ended.", answers: [200: .named("Job")],
                problems: [400, 404, 409], handler: cancel),
            Route(
                method: "POST", pattern: "/v1/jobs/{id}/retry", operation: "retryJob",
                summary: "Makes a failed, cancelled or retrying job pending again.",
                answers: [200: .named("Job")], problems: [400, 404, 409], handler: retry),
            Route(
                method: "DELETE", pattern: "/v1/jobs/{id}", operation: "deleteJob",
                summary: "Removes an ended job with its artifacts.", answers: [204: .nothing],
                problems: [400, 404, 409], handler: delete),
        ]
    }

    private static let filters = [
        Route.Parameter(name: "limit", description: "How many, 1 to 500; 50 unless given."),
        Route.Parameter(name: "cursor", description: "The next_cursor of the page before."),
        Route.Parameter(name: "state", description: "Only in this state; may repeat."),
        Route.Parameter(name: "queue", description: "Only in this queue."),
        Route.Parameter(name: "kind", description: "Only of this kind."),
        Route.Parameter(name: "actor", description: "Only of this actor."),
        Route.Parameter(name: "tag", description: "Only with this tag, key:value; may repeat."),
        Route.Parameter(name: "created_after", description: "Only submitted at or after this time."),
        Route.Parameter(name: "created_before", description: "Only submitted before this time."),
    ]

    @Sendable
    private func list(_ request: APIRequest) async throws -> HTTPResponse {
        try request.allow(
            "limit", "cursor", "state", "queue", "kind", "actor", "tag", "created_after", "created_before")
        let cursor = try request.query("cursor", "the next_cursor of an earlier page") { JobCursor($0) }
        let page = try await context.engine.jobs(
            filter(request), after: cursor, limit: try request.limit())
        return Answer.page(next: page.next?.description) { writer in
            for job in page.jobs { writer.element(job) }
        }
    }

    private func filter(_ request: APIRequest) throws(LonghaulError) -> JobFilter {
        var filter = JobFilter()
        for text in request.http.query.all("state") {
            for word in text.split(separator: ",", omittingEmptySubsequences: false) {
                guard let state = JobState(rawValue: String(word)) else {
                    let words = JobState.allCases.map(\.rawValue).joined(separator: ", ")
                    throw APIRequest.fault("state", "expected one of \(words)")
                }
                filter.states.append(state)
            }
        }
        filter.queue = request.http.query.first("queue")
        filter.kind = request.http.query.first("kind")
        filter.actor = request.http.query.first("actor")
        for text in request.http.query.all("tag") {
            guard let colon = text.firstIndex(of: ":") else {
                throw APIRequest.fault("tag", "expected key:value")
            }
            filter.tags[String(text[..<colon])] = String(text[text.index(after: colon)...])
        }
        let time = "a time in RFC 3339"
        filter.createdAfter = try request.query("created_after", time) { Timestamp(rfc3339: $0) }
        filter.createdBefore = try request.query("created_before", time) { Timestamp(rfc3339: $0) }
        return filter
    }

    @Sendable
    private func get(_ request: APIRequest) async throws -> HTTPResponse {
        try request.allow("wait_seconds")
        let id = try request.jobID()
        let engine = context.engine
        var job: Job?
        if let wait = try request.waitSeconds(), wait > 0 {
            job = try await context.held.hold { try await engine.wait(for: id, seconds: wait) }
        }
        let latest: Job
        if let job { latest = job } else { latest = try await engine.job(id) }
        var response = Answer.json(200, latest)
        guard case .bytes(let bytes) = response.body else { return response }
        let tag = Answer.entityTag(bytes)
        if Answer.matches(request.http.headers["If-None-Match"], tag: tag) {
            return Answer.empty(304, headers: ["ETag": tag])
        }
        response.headers.add("ETag", tag)
        return response
    }

    @Sendable
    private func cancel(_ request: APIRequest) async throws -> HTTPResponse {
        try request.allow()
        try await request.expectNoBody()
        return Answer.json(200, try await context.engine.cancel(try request.jobID()))
    }

    @Sendable
    private func retry(_ request: APIRequest) async throws -> HTTPResponse {
        try request.allow()
        try await request.expectNoBody()
        return Answer.json(200, try await context.engine.retry(try request.jobID()))
    }

    @Sendable
    private func delete(_ request: APIRequest) async throws -> HTTPResponse {
        try request.allow()
        try await context.engine.delete(try request.jobID())
        return Answer.empty(204)
    }
}
