import LonghaulCore
import LonghaulEngine
import LonghaulHTTP
import LonghaulJSON

/// The calls of people for durable jobs: the journal, signals, and operator actions.
struct DurableJobRoutes: RouteGroup {
    let context: APIContext

    var routes: [Route] {
        [
            Route(
                method: "GET", pattern: "/v1/jobs/{id}/journal", operation: "readJournal",
                access: .scope(.jobsRead), summary: "The operations of the job's journal, in their order.",
                query: QueryParameter.journal, answers: [200: .named("JournalPage")], problems: [400, 404],
                handler: journal),
            Route(
                method: "POST", pattern: "/v1/jobs/{id}/signals/{name}", operation: "signalJob",
                access: .scope(.jobsWrite), summary: "Sends a signal to the job.",
                body: .named("SignalValue"),
                answers: [202: .named("SignalAnswer")], problems: [400, 404, 409, 413, 415, 422],
                maxBodyBytes: context.maxValueBodyBytes,
                handler: signal),
            Route(
                method: "POST", pattern: "/v1/jobs/{id}/pause", operation: "pauseJob",
                access: .scope(.jobsWrite), summary: "Pauses a job that has not ended.",
                answers: [200: .named("Job")], problems: [400, 404, 409], handler: pause),
            Route(
                method: "POST", pattern: "/v1/jobs/{id}/resume", operation: "resumeJob",
                access: .scope(.jobsWrite), summary: "Ends the pause of a job.",
                answers: [200: .named("Job")], problems: [400, 404], handler: resume),
            Route(
                method: "POST", pattern: "/v1/jobs/{id}/restart", operation: "restartJob",
                access: .scope(.jobsWrite), summary: "Runs a job again from an operation.",
                body: .named("OperationSelection"), answers: [200: .named("Job")],
                problems: [400, 404, 409, 413, 415], handler: restart),
            Route(
                method: "POST", pattern: "/v1/jobs/{id}/fork", operation: "forkJob",
                access: .scope(.jobsWrite), summary: "Submits a copy of a job that runs from an operation.",
                body: .named("OperationSelection"), answers: [202: .named("Job")],
                problems: [400, 404, 413, 415, 503], handler: fork),
        ]
    }

    @Sendable
    private func journal(_ request: APIRequest) async throws -> HTTPResponse {
        let id = try await context.coveredJob(of: request)
        let page = try await context.engine.journal(
            of: id, after: try request.operationNumber(), limit: request.limit())
        return Answer.journal(page, signalling: request.grant.includes(.jobsWrite) ? id : nil)
    }

    @Sendable
    private func signal(_ request: APIRequest) async throws -> HTTPResponse {
        let value = try await request.value()
        let id = try await context.coveredJob(of: request)
        let isNew = try await context.engine.signal(
            id, name: request.parameter("name"), value: value, key: request.http.headers["Idempotency-Key"],
            caller: request.caller.name)
        return SignalRoutes.accepted(headers: isNew ? [:] : ["Idempotent-Replayed": "true"])
    }

    @Sendable
    private func pause(_ request: APIRequest) async throws -> HTTPResponse {
        try await request.expectNoBody()
        let id = try await context.coveredJob(of: request)
        return Answer.json(200, try await context.engine.pause(id))
    }

    @Sendable
    private func resume(_ request: APIRequest) async throws -> HTTPResponse {
        try await request.expectNoBody()
        let id = try await context.coveredJob(of: request)
        return Answer.json(200, try await context.engine.resume(id))
    }

    @Sendable
    private func restart(_ request: APIRequest) async throws -> HTTPResponse {
        let operation = try await request.decode(OperationSelection.self).from
        let id = try await context.coveredJob(of: request)
        return Answer.json(200, try await context.engine.restart(id, from: operation))
    }

    @Sendable
    private func fork(_ request: APIRequest) async throws -> HTTPResponse {
        let operation = try await request.decode(OperationSelection.self).from
        let id = try await context.coveredJob(of: request)
        let copy = try await context.engine.fork(id, from: operation, caller: request.caller.name)
        return Answer.json(202, copy, headers: ["Location": "/v1/jobs/\(copy.id)"])
    }
}
