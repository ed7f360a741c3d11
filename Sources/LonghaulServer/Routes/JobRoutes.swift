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
                method: "GET", pattern: "/v1/jobs", operation: "listJobs", access: .scope(.jobsRead),
                summary: "Lists jobs, newest first.", query: QueryParameter.jobList,
                answers: [200: .named("JobPage")], problems: [400], handler: list),
            Route(
                method: "GET", pattern: "/v1/jobs/{id}", operation: "getJob", access: .scope(.jobsRead),
                summary: "The job.",
                query: [
                    .waitSeconds("The time to wait for the end of the job.")
                ],
                answers: [200: .named("Job"), 304: .nothing], problems: [400, 404], handler: get),
            Route(
                method: "GET", pattern: "/v1/jobs/{id}/children", operation: "listChildren",
                access: .scope(.jobsRead),
                summary: "The job's children, newest first.",
                query: QueryParameter.jobList,
                answers: [200: .named("JobPage")], problems: [400, 404], handler: children),
            Route(
                method: "GET", pattern: "/v1/jobs/{id}/dependents", operation: "listDependents",
                access: .scope(.jobsRead),
                summary: "The jobs that depend on the job, newest first.",
                query: QueryParameter.jobList,
                answers: [200: .named("JobPage")], problems: [400, 404], handler: dependents),
            Route(
                method: "POST", pattern: "/v1/jobs/{id}/cancel", operation: "cancelJob",
                access: .scope(.jobsWrite),
                summary: "Cancels a job that has not ended, and its descendants.",
                query: [
                    QueryParameter(
                        name: "children",
                        description: "Whether to cancel the descendants as well; the default is true.",
                        schema: .boolean)
                ],
                answers: [200: .named("Job")],
                problems: [400, 404, 409], handler: cancel),
            Route(
                method: "POST", pattern: "/v1/jobs/{id}/retry", operation: "retryJob",
                access: .scope(.jobsWrite),
                summary: "Makes a failed, cancelled or retrying job pending again.",
                answers: [200: .named("Job")], problems: [400, 404, 409], handler: retry),
            Route(
                method: "POST", pattern: "/v1/jobs/{id}/run-now", operation: "runJobNow",
                access: .scope(.jobsWrite),
                summary: "Makes a scheduled or retrying job due now.",
                answers: [200: .named("Job")], problems: [400, 404, 409], handler: runNow),
            Route(
                method: "PATCH", pattern: "/v1/jobs/{id}", operation: "editJob",
                access: .scope(.jobsWrite),
                summary: "Changes the priority, the time or the tags of a waiting job.",
                body: .named("JobEdit"), answers: [200: .named("Job")],
                problems: [400, 404, 409, 413, 415], handler: edit),
            Route(
                method: "DELETE", pattern: "/v1/jobs/{id}", operation: "deleteJob",
                access: .scope(.jobsWrite),
                summary: "Removes an ended job with its artifacts.", answers: [204: .nothing],
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
