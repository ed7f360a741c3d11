public import LonghaulCore
import LonghaulJSON

/// Child jobs.
extension Flow {
    /// Submits a child job and waits for its result. A replay finds the child job, and submits no other one.
    ///
    /// ```swift
    /// let thumbnail = try await flow.call(Resize.self, .init(source: url, width: 200)) { $0.spec.queue = "images" }
    /// ```
    ///
    /// The child job has the ``JobKind/options`` of its kind.
    ///
    /// - Parameter configure: sets the queue, the priority and other fields of the child job.
    /// - Throws: ``ChildJobError`` if it does not complete; `CancellationError` if this job or the task is cancelled,
    ///   and the child job is cancelled then.
    public func call<Kind: JobKind>(
        _ kind: Kind.Type, _ payload: Kind.Payload, configure: (inout NewJob) -> Void = { _ in }
    ) async throws -> Kind.Output {
        try await call(kind: Kind.kind, payload, as: Kind.Output.self) { job in
            job.apply(Kind.options)
            configure(&job)
        }
    }

    /// Submits a child job of any kind, such as one that a program runs, and waits for its result.
    public func call<Payload: Encodable, Output: Decodable & Sendable>(
        kind: String, _ payload: Payload, as type: Output.Type, configure: (inout NewJob) -> Void = { _ in }
    ) async throws -> Output {
        var job = NewJob(JobSpec(kind: kind, payload: try JSONText(encoding: payload)))
        configure(&job)
        var request = try await request(.job, kind)
        request.options.job = job
        do {
            return try await run.perform(request).decode(type)
        } catch let failure as OperationFailure {
            throw ChildJobError(kind: kind, jobID: run.operation(request.id)?.jobID, error: failure.error)
        }
    }
}
