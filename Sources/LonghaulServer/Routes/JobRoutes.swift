import LonghaulCore
import LonghaulEngine
import LonghaulHTTP
import LonghaulJSON

/// The routes of jobs.
struct JobRoutes: RouteGroup {
    let context: APIContext

    var routes: [Route] {
        [
            Route(
                method: "GET", pattern: "/v1/jobs", operation: "listJobs", tag: .jobs,
                access: .scope(.jobsRead),
                summary: "Lists jobs, newest first.",
                description:
                    "A job must match all filters. `kind` is exact. A long answer ends early, with a cursor.",
                query: QueryParameter.jobList,
                answers: [200: .named("JobPage")], problems: [400], handler: list),
            Route(
                method: "GET", pattern: "/v1/jobs/{id}", operation: "getJob", tag: .jobs,
                access: .scope(.jobsRead),
                summary: "The job.",
                description: "The answer has a strong `ETag`; `If-None-Match` answers 304.",
                headers: [.ifNoneMatch],
                query: [
                    .waitSeconds("The time to wait for the end of the job.")
                ],
                answers: [200: .named("Job"), 304: .nothing], problems: [400, 404], handler: get),
            Route(
                method: "GET", pattern: "/v1/jobs/{id}/children", operation: "listChildren", tag: .jobs,
                access: .scope(.jobsRead),
                summary: "The job's children, newest first.",
                description: "Jobs whose `parent_id` is the job, and those that it submitted while it ran.",
                query: QueryParameter.jobList,
                answers: [200: .named("JobPage")], problems: [400, 404], handler: children),
            Route(
                method: "GET", pattern: "/v1/jobs/{id}/dependents", operation: "listDependents", tag: .jobs,
                access: .scope(.jobsRead),
                summary: "The jobs that depend on the job, newest first.",
                description: "Jobs that name the job in `depends_on`, with their states.",
                query: QueryParameter.jobList,
                answers: [200: .named("JobPage")], problems: [400, 404], handler: dependents),
            Route(
                method: "POST", pattern: "/v1/jobs/{id}/cancel", operation: "cancelJob", tag: .jobs,
                access: .scope(.jobsWrite),
                summary: "Cancels a job that has not ended, and its descendants.",
                description: """
                    A running job is cancelled at once. Its worker receives the cancellation with its next \
                    heartbeat. Later reports of the worker are refused. 409 if the job has ended.
                    """,
                query: [
                    QueryParameter(
                        name: "children",
                        description: "Whether to cancel the descendants as well; the default is true.",
                        schema: .boolean)
                ],
                answers: [200: .named("Job")], examples: [200: JobExample.cancelled],
                problems: [400, 404, 409], handler: cancel),
            Route(
                method: "POST", pattern: "/v1/jobs/{id}/retry", operation: "retryJob", tag: .jobs,
                access: .scope(.jobsWrite),
                summary: "Makes a failed, cancelled or retrying job pending again.",
                description: "Its attempts are counted from zero. 409 in any other state.",
                answers: [200: .named("Job")], examples: [200: JobExample.pending],
                problems: [400, 404, 409], handler: retry),
            Route(
                method: "POST", pattern: "/v1/jobs/{id}/run-now", operation: "runJobNow", tag: .jobs,
                access: .scope(.jobsWrite),
                summary: "Makes a scheduled or retrying job due now.",
                description: "Its attempts remain. 409 in any other state.",
                answers: [200: .named("Job")], examples: [200: JobExample.pending],
                problems: [400, 404, 409], handler: runNow),
            Route(
                method: "PATCH", pattern: "/v1/jobs/{id}", operation: "editJob", tag: .jobs,
                access: .scope(.jobsWrite),
                summary: "Changes the priority, the time or the tags of a waiting job.",
                description: """
                    Absent fields stay as they are; `{}` changes nothing. A tag with the value `null` is removed, and \
                    tags that the body does not name stay. A `run_at` that has passed makes a scheduled or retrying \
                    job pending, and one ahead makes a pending job scheduled. The limits of the queue do not apply. \
                    409 if the job is leased or has ended, and for the `run_at` of a suspended job.
                    """, body: .named("JobEdit"),
                example: #"{"priority": 9, "tags": {"customer": "acme", "draft": null}}"#,
                answers: [200: .named("Job")], examples: [200: JobExample.pending],
                problems: [400, 404, 409, 413, 415], handler: edit),
            Route(
                method: "DELETE", pattern: "/v1/jobs/{id}", operation: "deleteJob", tag: .jobs,
                access: .scope(.jobsWrite),
                summary: "Removes an ended job with its artifacts.",
                description: "409 if the job has not ended.", answers: [204: .nothing],
                problems: [400, 404, 409], handler: delete),
        ]
    }

    @Sendable
    private func list(_ request: APIRequest) async throws -> HTTPResponse {
        let reading = request.jobReading()
        let page = try await context.engine.jobs(
            request.jobFilter(), after: cursor(request), limit: request.limit(),
            reading: reading, grant: request.grant)
        return request.answer(page, reading)
    }

    @Sendable
    private func children(_ request: APIRequest) async throws -> HTTPResponse {
        let reading = request.jobReading()
        let page = try await context.engine.children(
            of: try request.jobID(), request.jobFilter(), after: cursor(request), limit: request.limit(),
            reading: reading, grant: request.grant)
        return request.answer(page, reading)
    }

    @Sendable
    private func dependents(_ request: APIRequest) async throws -> HTTPResponse {
        let reading = request.jobReading()
        let page = try await context.engine.dependents(
            of: try request.jobID(), request.jobFilter(), after: cursor(request), limit: request.limit(),
            reading: reading, grant: request.grant)
        return request.answer(page, reading)
    }

    private func cursor(_ request: APIRequest) throws(LonghaulError) -> JobCursor? {
        try request.query("cursor", "the next_cursor of an earlier page") { JobCursor($0) }
    }

    @Sendable
    private func get(_ request: APIRequest) async throws -> HTTPResponse {
        let id = try await context.coveredJob(of: request)
        let engine = context.engine
        var job: Job?
        if let wait = request.waitSeconds(), wait > 0 {
            job = try await context.held.hold(by: request.caller) {
                try await engine.wait(for: id, seconds: wait)
            }
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
        try await request.expectNoBody()
        let children = request.flag("children") ?? true
        let id = try await context.coveredJob(of: request)
        return Answer.json(200, try await context.engine.cancel(id, children: children))
    }

    @Sendable
    private func retry(_ request: APIRequest) async throws -> HTTPResponse {
        try await request.expectNoBody()
        let id = try await context.coveredJob(of: request)
        return Answer.json(200, try await context.engine.retry(id))
    }

    @Sendable
    private func runNow(_ request: APIRequest) async throws -> HTTPResponse {
        try await request.expectNoBody()
        let id = try await context.coveredJob(of: request)
        return Answer.json(200, try await context.engine.runNow(id))
    }

    @Sendable
    private func edit(_ request: APIRequest) async throws -> HTTPResponse {
        let edit = try await request.decode(JobEdit.self)
        let id = try await context.coveredJob(of: request)
        return Answer.json(200, try await context.engine.edit(id, edit))
    }

    @Sendable
    private func delete(_ request: APIRequest) async throws -> HTTPResponse {
        try await context.engine.delete(try await context.coveredJob(of: request))
        return Answer.empty(204)
    }
}
