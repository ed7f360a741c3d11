public import LonghaulCore

/// Jobs with the types of their payloads and results.
extension LonghaulClient {
    /// Submits a job. When it returns, the job is durable on the server.
    ///
    /// ```swift
    /// let job = try await client.submit(Resize.self, .init(source: "cat.jpg", width: 320))
    /// let output = try await job.result(timeout: .seconds(60))
    /// ```
    ///
    /// After ``HTTPClientError`` with `mayHaveBeenSent`, the job may be stored. Submit it again with the same
    /// ``JobOptions/idempotencyKey`` to be sure that there is one.
    ///
    /// - Parameter options: replaces the ``JobKind/options`` of the kind, one by one.
    /// - Throws: ``LonghaulError`` if the server refuses the job, ``HTTPClientError`` if it is unreachable.
    public func submit<Kind: JobKind>(
        _ kind: Kind.Type, _ payload: Kind.Payload, options: JobOptions = JobOptions()
    ) async throws -> JobHandle<Kind> {
        JobHandle(try await submit(NewJob(kind, payload, options: options)), client: self)
    }

    /// Submits a job for each payload, all or none. Returns the jobs in the order of the payloads, at most 1,000.
    ///
    /// - Parameter options: replaces the ``JobKind/options`` of the kind, one by one. The idempotency key of each job is
    ///   the one of the options with the job's number: `KEY/0`, `KEY/1`, …
    public func submit<Kind: JobKind>(
        _ kind: Kind.Type, all payloads: [Kind.Payload], options: JobOptions = JobOptions()
    ) async throws -> [JobHandle<Kind>] {
        var jobs = try payloads.map { try NewJob(kind, $0, options: options) }
        for (index, job) in jobs.enumerated() {
            jobs[index].idempotencyKey = job.idempotencyKey.map { "\($0)/\(index)" }
        }
        return try await submit(NewJobBatch(jobs: jobs)).jobs.map { JobHandle($0, client: self) }
    }

    /// Submits the jobs of a batch, all or none.
    public func submit(_ batch: JobBatch) async throws -> SubmittedJobs {
        let answer = try await submit(batch.jobs)
        return SubmittedJobs(jobs: answer.jobs, parent: answer.parent, client: self)
    }

    /// The handle of a job that was submitted before. It makes no call.
    public func handle<Kind: JobKind>(_ kind: Kind.Type, _ id: JobID) -> JobHandle<Kind> {
        JobHandle(id: id, client: self)
    }
}

extension JobHandle {
    init(_ submitted: LonghaulClient.Submitted, client: LonghaulClient) {
        self.init(id: submitted.job.id, isReplay: submitted.isReplay, client: client)
    }
}
