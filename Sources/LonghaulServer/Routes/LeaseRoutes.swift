import LonghaulCore
import LonghaulEngine
import LonghaulHTTP
import LonghaulJSON

/// The routes of leases.
struct LeaseRoutes: RouteGroup {
    let context: APIContext

    var routes: [Route] {
        [
            Route(
                method: "POST", pattern: "/v1/leases", operation: "leaseJobs", tag: .workers,
                access: .scope(.work),
                summary: "Leases jobs. The call can wait for the first one.",
                description: """
                    Each lease is for one attempt of one job, and lasts `lease_seconds` from the latest \
                    heartbeat. `worker.id` must be unique among the running workers. The token is part of the \
                    path of every later call of the attempt.
                    """, body: .named("LeaseRequest"),
                example: #"""
                    {"worker": {"id": "worker-7f3a", "heartbeat_interval_seconds": 5}, "queues": ["mail"],
                    "kinds": ["mail.send"], "max_jobs": 5, "lease_seconds": 30, "wait_seconds": 20}
                    """#,
                answers: [200: .named("LeaseList")],
                examples: [200: #"{"leases": {"job": \#(JobExample.processing)}}"#],
                problems: [400, 413, 415, 503], handler: lease),
            Route(
                method: "POST", pattern: "/v1/leases/heartbeat", operation: "heartbeat", tag: .workers,
                access: .scope(.work),
                summary: "Sends a heartbeat and renews leases.",
                description: """
                    Call it every `heartbeat_seconds` of the leases. Stop the work of every token in `cancel` \
                    and `lost`, and report nothing for it. Long progress messages are truncated.
                    """, body: .named("Heartbeat"),
                example: #"""
                    {"worker": {"id": "worker-7f3a"},
                    "leases": [{"token": "3f0c8b6d1a7e42955c0d9e8f7a6b5c4d3e2f10918273645546372819aabbccdd",
                    "progress": {"percent": 40, "message": "page 4 of 10"}}]}
                    """#,
                answers: [200: .named("HeartbeatOutcome")], problems: [400, 413, 415, 503],
                handler: heartbeat),
            Route(
                method: "POST", pattern: "/v1/leases/complete", operation: "completeMany", tag: .workers,
                access: .scope(.work),
                summary: "Completes many attempts, with an answer for each.",
                description: "Each entry has its own answer: a refused entry does not affect the others.",
                query: [
                    QueryParameter(
                        name: "fields",
                        description:
                            "status answers only the status of each entry, and its problem. all is the default.",
                        schema: .choice(["status", "all"]))
                ],
                body: .named("CompletionList"),
                example: #"""
                    {"completions": [{"token": "3f0c8b6d1a7e42955c0d9e8f7a6b5c4d3e2f10918273645546372819aabbccdd",
                    "result": {"message_id": "m-1"}}]}
                    """#,
                answers: [200: .named("CompletionAnswers")],
                examples: [200: #"{"completions": {"job": {}}}"#], problems: [400, 413, 415, 503],
                maxBodyBytes: context.configuration.maxBatchBytes, handler: completeMany),
        ]
    }

    @Sendable
    private func lease(_ request: APIRequest) async throws -> HTTPResponse {
        let wanted = try await request.decode(LeaseRequest.self)
        try request.grant.require(wanted)
        let engine = context.engine
        let leases = try await context.held.hold(by: request.caller) { try await engine.lease(wanted) }
        return Answer.json(200, LeaseList(leases: leases ?? []))
    }

    @Sendable
    private func heartbeat(_ request: APIRequest) async throws -> HTTPResponse {
        let heartbeat = try await request.decode(Heartbeat.self)
        return Answer.json(200, try await context.engine.heartbeat(heartbeat))
    }

    @Sendable
    private func completeMany(_ request: APIRequest) async throws -> HTTPResponse {
        let list = try await request.decode(CompletionList.self)
        let answers = try await context.engine.complete(list.completions, grant: request.grant)
        let hasJobs = request.http.query.first("fields") != "status"
        return Answer.json(200) { writer in
            writer.object { writer in
                writer.array("completions") { writer in
                    for answer in answers {
                        Self.write(
                            answer, to: &writer, hasJob: hasJobs, instance: RequestPath.redacted(request.http)
                        )
                    }
                }
            }
        }
    }

    private static func write(
        _ answer: Result<Job, LonghaulError>, to writer: inout JSONWriter, hasJob: Bool, instance: String
    ) {
        writer.object { writer in
            switch answer {
            case .success(let job):
                writer.field("status", 200)
                if hasJob { writer.field("job", job) }
            case .failure(let error):
                writer.field("status", error.code.status)
                writer.key("problem")
                error.write(to: &writer, instance: instance)
            }
        }
    }
}
