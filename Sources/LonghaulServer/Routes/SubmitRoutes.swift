import LonghaulCore
import LonghaulEngine
import LonghaulHTTP
import LonghaulJSON
import LonghaulTracing

/// `POST /v1/jobs` and `POST /v1/jobs/batch`.
struct SubmitRoutes: RouteGroup {
    let context: APIContext

    var routes: [Route] {
        [
            Route(
                method: "POST", pattern: "/v1/jobs", operation: "submitJob", tag: .jobs,
                access: .scope(.jobsSubmit),
                summary: "Submits a job.",
                description: """
                    The job is durable when the server answers. With the header `Idempotency-Key` (1 to 255 \
                    bytes) or the field `idempotency_key`, repeated requests create one job: the same request \
                    answers 200 with the job and `Idempotent-Replayed: true`, another request with the key \
                    answers 422. `Prefer: wait=N` holds the answer until the job has ended. A full queue \
                    answers 503 `system_busy` with `Retry-After`.
                    """,
                headers: [.idempotencyKey],
                query: [
                    .waitSeconds("The time to wait for the end of the job.")
                ],
                body: .named("NewJob"),
                example: #"""
                    {"kind": "mail.send", "payload": {"to": "a@example.com"}, "queue": "mail",
                    "tags": {"customer": "acme"}}
                    """#, answers: [200: .named("Job"), 202: .named("Job")],
                examples: [202: JobExample.pending],
                problems: [400, 413, 415, 422, 503], maxBodyBytes: context.maxValueBodyBytes, handler: submit),
            Route(
                method: "POST", pattern: "/v1/jobs/batch", operation: "submitBatch", tag: .jobs,
                access: .scope(.jobsSubmit),
                summary: "Submits many jobs atomically.",
                description: """
                    Atomic: one invalid entry or a full queue makes the whole batch fail. Entries may depend on \
                    each other by `ref`.
                    """, body: .named("Batch"),
                example: #"""
                    {"jobs": [{"kind": "page.render", "payload": {"page": 1}, "ref": "one"}, {"kind": "book.bind",
                    "depends_on": ["#one"]}]}
                    """#,
                answers: [202: .named("BatchAnswer")],
                examples: [202: #"{"jobs": {"job": \#(JobExample.pending)}}"#],
                problems: [400, 404, 413, 415, 422, 503],
                maxBodyBytes: context.configuration.maxBatchBytes, handler: submitBatch),
            Route(
                method: "POST", pattern: "/v1/jobs/{id}/copy", operation: "copyJob", tag: .jobs,
                access: .scope(.jobsSubmit),
                summary: "Submits a copy of a job, with other fields where the body has them.",
                description: """
                    The copy has the kind, queue, payload, retries, limits, tags and labels of the job. It has \
                    no parent, no dependencies and no idempotency key, and is due at once.
                    """,
                headers: [.idempotencyKey],
                body: .named("JobCopy"), isBodyRequired: false,
                example: #"{"payload": {"to": "b@example.com"}}"#,
                answers: [200: .named("Job"), 202: .named("Job")], examples: [202: JobExample.pending],
                problems: [400, 404, 413, 415, 422, 503], maxBodyBytes: context.maxValueBodyBytes,
                handler: copy),
        ]
    }

    @Sendable
    private func submit(_ request: APIRequest) async throws -> HTTPResponse {
        try await submit(try await request.decode(NewJob.self), request)
    }

    @Sendable
    private func copy(_ request: APIRequest) async throws -> HTTPResponse {
        let body = try await request.json()
        // An invalid body is reported whether there is such a job or not.
        _ = try NewJob(JobSpec(kind: "any")).replacingFields(from: body)
        let id = try await context.coveredJob(of: request)
        let copy = NewJob(copying: try await context.engine.job(id))
        return try await submit(try copy.replacingFields(from: body), request)
    }

    private func submit(_ job: NewJob, _ request: APIRequest) async throws -> HTTPResponse {
        let wait = request.waitSeconds()
        var job = job
        try addKey(of: request, to: &job)
        let trace = SubmissionTrace(context, under: job.spec.traceparent ?? request.traceparent)
        job.spec.traceparent = trace.traceparent
        let wanted = job
        let queue = job.isRouted ? nil : job.spec.queue
        let accepted = try await trace.recording("submit \(job.spec.kind)", queue: queue) {
            try await context.engine.submit(
                wanted, caller: request.caller.name, grant: request.grant)
        } about: { accepted, span in
            let job = accepted.job
            span.attributes = Span.messaging(.submit, queue: job.spec.queue, job: job.id)
            span.attributes.merge(Span.attributes(of: job)) { $1 }
        }
        var headers: HTTPHeaders = ["Location": "/v1/jobs/\(accepted.job.id)"]
        if accepted.isReplay { headers.add("Idempotent-Replayed", "true") }
        if let wait, wait > 0, let ended = try await ended(accepted.job, within: wait, for: request.caller) {
            return Answer.json(200, ended, headers: headers)
        }
        if accepted.isReplay { return Answer.json(200, accepted.job, headers: headers) }
        headers.add("Retry-After", "\(Int(context.engine.suggestedPollSeconds(for: accepted.job)))")
        return Answer.json(202, accepted.job, headers: headers)
    }

    /// Waits for the end of the job; nil after the timeout.
    private func ended(_ job: Job, within seconds: Double, for caller: Caller) async throws -> Job? {
        let engine = context.engine
        let latest = try await context.held.hold(by: caller) {
            try await engine.wait(for: job.id, seconds: seconds)
        }
        return latest.flatMap { $0.state.isFinal ? $0 : nil }
    }

    private func addKey(of request: APIRequest, to job: inout NewJob) throws(LonghaulError) {
        guard let key = request.http.headers["Idempotency-Key"] else { return }
        if let own = job.idempotencyKey, own != key {
            throw .invalid(
                JSONPointer.root.appending("idempotency_key"), "differs from the Idempotency-Key header")
        }
        let lengths = FieldBounds.idempotencyKeyLength
        guard lengths.contains(key.utf8.count) else {
            throw .invalid(
                JSONPointer.root.appending("Idempotency-Key"),
                "the header must have \(lengths.lowerBound) to \(lengths.upperBound) bytes")
        }
        job.idempotencyKey = key
    }

    @Sendable
    private func submitBatch(_ request: APIRequest) async throws -> HTTPResponse {
        var batch = try await request.decode(NewJobBatch.self)
        let trace = SubmissionTrace(context, under: request.traceparent)
        for index in batch.jobs.indices where batch.jobs[index].spec.traceparent == nil {
            batch.jobs[index].spec.traceparent = trace.traceparent
        }
        batch.parent?.spec.traceparent = trace.traceparent
        let wanted = batch
        let accepted = try await trace.recording("submit batch", queue: nil) {
            try await context.engine.submit(
                wanted, caller: request.caller.name, grant: request.grant)
        } about: { accepted, span in
            let queues = Set(accepted.jobs.map(\.job.spec.queue))
            span.attributes = Span.messaging(.submit, queue: queues.count == 1 ? queues.first : nil)
            span.attributes["longhaul.jobs"] = "\(accepted.jobs.count)"
            span.numbers["messaging.batch.message_count"] = accepted.jobs.count
        }
        return Answer.json(202) { writer in
            writer.object { writer in
                writer.array("jobs") { writer in
                    for entry in accepted.jobs {
                        writer.object { Self.write(entry, to: &$0) }
                    }
                }
                guard let parent = accepted.parent else { return }
                writer.object("parent") { Self.write(parent, to: &$0) }
            }
        }
    }

    private static func write(_ entry: Engine.Accepted, to writer: inout JSONWriter) {
        writer.field("status", entry.isReplay ? 200 : 202)
        writer.field("job", entry.job)
    }
}
