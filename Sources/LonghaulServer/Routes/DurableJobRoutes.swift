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
                method: "GET", pattern: "/v1/jobs/{id}/journal", operation: "readJournal", tag: .durableJobs,
                access: .scope(.jobsRead), summary: "The operations of the job's journal, in their order.",
                description:
                    "An operation that waits for a signal has a `signal_token` if the caller may signal the job.",
                query: QueryParameter.journal, answers: [200: .named("JournalPage")], problems: [400, 404],
                handler: journal),
            Route(
                method: "POST", pattern: "/v1/jobs/{id}/signals/{name}", operation: "signalJob",
                tag: .durableJobs,
                access: .scope(.jobsWrite), summary: "Sends a signal to the job.",
                description: """
                    The body is any JSON value; an empty body is `null`. The first operation that waits for the \
                    name consumes the signal. Without one, the job keeps it, in order. With the header \
                    `Idempotency-Key`, repeated requests send one signal: the same request answers \
                    `Idempotent-Replayed: true`, another request with the key answers 422. 409 if the job has \
                    ended, or keeps 1,000 signals or 4 MiB.
                    """,
                headers: [.idempotencyKey],
                body: .named("SignalValue"), isBodyRequired: false,
                example: #"{"approved": true}"#,
                answers: [202: .named("SignalAnswer")], problems: [400, 404, 409, 413, 415, 422],
                maxBodyBytes: context.maxValueBodyBytes,
                handler: signal),
            Route(
                method: "POST", pattern: "/v1/jobs/{id}/pause", operation: "pauseJob", tag: .durableJobs,
                access: .scope(.jobsWrite), summary: "Pauses a job that has not ended.",
                description: """
                    No worker receives the job until it is resumed. Its timers and signals are recorded. A \
                    worker that holds it continues until it suspends the job or its attempt ends. Pausing a \
                    paused job changes nothing.
                    """,
                answers: [200: .named("Job")], examples: [200: JobExample.paused], problems: [400, 404, 409],
                handler: pause),
            Route(
                method: "POST", pattern: "/v1/jobs/{id}/resume", operation: "resumeJob", tag: .durableJobs,
                access: .scope(.jobsWrite), summary: "Ends the pause of a job.",
                description: """
                    The job is pending if it waits for nothing else. It shows no error of type \
                    `nondeterministic` any more. Resuming a job that is not paused changes nothing.
                    """,
                answers: [200: .named("Job")], examples: [200: JobExample.pending], problems: [400, 404],
                handler: resume),
            Route(
                method: "POST", pattern: "/v1/jobs/{id}/restart", operation: "restartJob", tag: .durableJobs,
                access: .scope(.jobsWrite), summary: "Runs a job again from an operation.",
                description: """
                    Removes the operation `from` and all later ones. Their child jobs are cancelled, and the \
                    signals that they consumed are kept again. Earlier groups that have ended since, and \
                    earlier operations that the code has cancelled since, are open again; a cancelled child job \
                    is submitted again as a new job. A job that has ended or is suspended becomes pending, with \
                    its attempts counted from zero. 409 while a worker holds the job, or if more than 1,000 \
                    child jobs would be submitted again.
                    """,
                body: .named("OperationSelection"),
                example: #"{"from": "0.2"}"#, answers: [200: .named("Job")],
                examples: [200: JobExample.pending],
                problems: [400, 404, 409, 413, 415], handler: restart),
            Route(
                method: "POST", pattern: "/v1/jobs/{id}/fork", operation: "forkJob", tag: .durableJobs,
                access: .scope(.jobsWrite), summary: "Submits a copy of a job that runs from an operation.",
                description: """
                    The copy has the operations before `from`. It waits for its own signals, and for its own \
                    child jobs: those of the original that have not ended are submitted again as new jobs. \
                    Groups and cancelled operations are open again as after a restart. The original does not \
                    change. A long journal is copied in several transactions; the copy is paused until it is \
                    complete.
                    """,
                body: .named("OperationSelection"),
                example: #"{"from": "0.2"}"#, answers: [202: .named("Job")],
                examples: [202: JobExample.pending],
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
