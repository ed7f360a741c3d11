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
                method: "POST", pattern: "/v1/leases", operation: "leaseJobs", access: .scope(.work),
                summary: "Leases jobs. The call can wait for the first one.", body: .named("LeaseRequest"),
                answers: [200: .named("LeaseList")], problems: [400, 413, 415, 503], handler: lease),
            Route(
                method: "POST", pattern: "/v1/leases/heartbeat", operation: "heartbeat",
                access: .scope(.work),
                summary: "Sends a heartbeat and renews leases.", body: .named("Heartbeat"),
                answers: [200: .named("HeartbeatOutcome")], problems: [400, 413, 415, 503],
                handler: heartbeat),
            Route(
                method: "POST", pattern: "/v1/leases/complete", operation: "completeMany",
                access: .scope(.work),
                summary: "Completes many attempts, with an answer for each.", body: .named("CompletionList"),
                answers: [200: .named("CompletionAnswers")], problems: [400, 413, 415, 503],
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
        return Answer.json(200) { writer in
            writer.object { writer in
                writer.array("completions") { writer in
                    for answer in answers {
                        Self.write(answer, to: &writer, instance: RequestPath.redacted(request.http))
                    }
                }
            }
        }
    }

    private static func write(
        _ answer: Result<Job, LonghaulError>, to writer: inout JSONWriter, instance: String
    ) {
        writer.object { writer in
            switch answer {
            case .success(let job):
                writer.field("status", 200)
                writer.field("job", job)
            case .failure(let error):
                writer.field("status", error.code.status)
                writer.key("problem")
                error.write(to: &writer, instance: instance)
            }
        }
    }
}
