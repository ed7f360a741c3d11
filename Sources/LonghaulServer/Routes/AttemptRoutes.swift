import LonghaulCore
import LonghaulEngine
import LonghaulHTTP
import LonghaulJSON

/// The calls of an attempt with its lease token: its end, logs, artifacts and checkpoints.
struct AttemptRoutes: RouteGroup {
    let context: APIContext

    var routes: [Route] {
        [
            Route(
                method: "POST", pattern: "/v1/leases/{token}/complete", operation: "complete", tag: .workers,
                access: .scope(.work),
                summary: "Completes the attempt.",
                description: """
                    The jobs in `next` are stored in the same transaction. Completing again with the same \
                    result answers the same. A completed job keeps the `progress` given here, or the last that \
                    a heartbeat brought. With `continue_as_new` the job does not end: it begins again with the \
                    new payload, an empty journal and fresh attempts. Its child jobs are cancelled. Signals \
                    that no operation has consumed stay.
                    """, body: .named("CompletionBody"), isBodyRequired: false,
                example: #"""
                    {"result": {"message_id": "m-1"}, "next": [{"kind": "mail.archive"}],
                    "progress": {"percent": 100}}
                    """#,
                answers: [200: .named("Job")], problems: [400, 409, 413, 415, 503],
                maxBodyBytes: context.maxValueBodyBytes, handler: complete),
            Route(
                method: "POST", pattern: "/v1/leases/{token}/fail", operation: "fail", tag: .workers,
                access: .scope(.work),
                summary: "Fails the attempt.",
                description: """
                    The job is retried after its back-off, or becomes a dead letter on its last attempt or when \
                    `retryable` is false. A long type or message is truncated, and U+0000 \
                    is replaced.
                    """, body: .named("Failure"),
                example: #"""
                    {"error": {"type": "SMTPError", "message": "421 try again later", "details": {"code": 421}},
                    "retryable": true, "retry_in_seconds": 60}
                    """#,
                answers: [200: .named("Job")], examples: [200: JobExample.retrying],
                problems: [400, 409, 413, 415, 503],
                maxBodyBytes: context.maxValueBodyBytes, handler: fail),
            Route(
                method: "POST", pattern: "/v1/leases/{token}/release", operation: "release", tag: .workers,
                access: .scope(.work),
                summary: "Releases the job. The attempt does not count.",
                description: "For a worker that stops. The job is pending again at once.",
                answers: [200: .named("Job")], examples: [200: JobExample.pending],
                problems: [400, 409, 503], handler: release),
            Route(
                method: "POST", pattern: "/v1/leases/{token}/logs", operation: "appendLogs", tag: .workers,
                access: .scope(.work),
                summary: "Adds lines to the job's log.",
                description: "At most 1,000 lines of at most 16,384 characters each.",
                body: .named("LogBatch"),
                example:
                    #"{"lines": [{"at": "2026-11-24T09:15:00.123Z", "level": "info", "message": "started"}]}"#,
                answers: [204: .nothing],
                problems: [400, 409, 413, 415, 503], maxBodyBytes: context.configuration.maxBatchBytes,
                handler: logs),
            Route(
                method: "PUT", pattern: "/v1/leases/{token}/artifacts/{name}", operation: "putArtifact",
                tag: .workers,
                access: .scope(.work),
                summary: "Uploads an artifact, which is visible when the job completes.",
                description: """
                    The body is streamed and may be as large as the server's limit; without one, the file is empty. \
                    The file appears on the job once the attempt completes.
                    """, body: .binary, isBodyRequired: false,
                answers: [201: .named("Artifact")], problems: [400, 409, 413, 503],
                maxBodyBytes: Int(clamping: context.engine.configuration.maxArtifactBytes),
                handler: putArtifact),
            Route(
                method: "GET", pattern: "/v1/leases/{token}/steps/{name}", operation: "getStep",
                tag: .workers,
                access: .scope(.work),
                summary: "The output of a checkpoint.",
                description: "404 if no attempt has reached the step.", answers: [200: .named("StepOutput")],
                problems: [404, 409], handler: getStep),
            Route(
                method: "PUT", pattern: "/v1/leases/{token}/steps/{name}", operation: "putStep",
                tag: .workers,
                access: .scope(.work),
                summary: "Stores a checkpoint once. The answer is the stored output.",
                description: "The first output is stored, and is the answer to later calls.",
                body: .named("StepOutput"),
                example: #"{"output": {"bytes": 5}}"#, answers: [200: .named("StepOutput")],
                problems: [400, 409, 413, 415, 503], maxBodyBytes: context.maxValueBodyBytes, handler: putStep
            ),
        ]
    }

    /// The bytes of an optional body.
    private func body(of request: APIRequest) async throws -> [UInt8] {
        let bytes = try await request.json()
        return bytes.isEmpty ? Array("{}".utf8) : bytes
    }

    @Sendable
    private func complete(_ request: APIRequest) async throws -> HTTPResponse {
        var completion: Completion
        switch try CompletionBody.decode(try await body(of: request)) {
        case .completion(let body): completion = body
        case .continueAsNew(let payload):
            return Answer.json(200, try await context.engine.continueAsNew(request.token, payload: payload))
        }
        completion.token = request.token
        let answers = try await context.engine.complete([completion], grant: request.grant)
        guard let answer = answers.first else { throw LonghaulError(.internal, "no answer") }
        return Answer.json(200, try answer.get())
    }

    @Sendable
    private func fail(_ request: APIRequest) async throws -> HTTPResponse {
        let body = try FailureBody.decode(try await body(of: request)).failure
        let failure = Failure(
            token: request.token, error: body.error, retryInSeconds: body.retryInSeconds)
        return Answer.json(200, try await context.engine.fail(failure))
    }

    @Sendable
    private func release(_ request: APIRequest) async throws -> HTTPResponse {
        try await request.expectNoBody()
        return Answer.json(200, try await context.engine.release(request.token))
    }

    @Sendable
    private func logs(_ request: APIRequest) async throws -> HTTPResponse {
        let batch = try await request.decode(LogBatch.self)
        try await context.engine.appendLogs(request.token, batch.lines)
        return Answer.empty(204)
    }

    @Sendable
    private func putArtifact(_ request: APIRequest) async throws -> HTTPResponse {
        let type = request.http.headers["Content-Type"]
        if let type, type.utf8.count > 200 || !type.utf8.allSatisfy({ $0 >= 32 && $0 < 127 }) {
            throw APIRequest.fault("Content-Type", "must have at most 200 printable characters")
        }
        let bytes = request.http.body
        let artifact = try await context.engine.putArtifact(
            request.token, name: request.parameter("name"), contentType: type
        ) { try await bytes.next() }
        return Answer.json(201) { artifact.write(to: &$0, of: request.token.jobID) }
    }

    @Sendable
    private func getStep(_ request: APIRequest) async throws -> HTTPResponse {
        guard let output = try await context.engine.step(request.token, name: request.parameter("name"))
        else {
            throw LonghaulError(.notFound, "the job has no step of this name yet")
        }
        return Answer.json(200, StepOutput(output: output))
    }

    @Sendable
    private func putStep(_ request: APIRequest) async throws -> HTTPResponse {
        let step = try await request.decode(StepOutput.self)
        let output = try await context.engine.putStep(
            request.token, name: request.parameter("name"), output: step.output)
        return Answer.json(200, StepOutput(output: output))
    }
}

/// The body of a failure, without the token.
private struct FailureBody: JSONReadable {
    let failure: Failure

    static func read(_ reader: inout JSONObjectReader) -> FailureBody {
        FailureBody(failure: Failure.read(&reader, token: .unknown))
    }
}
