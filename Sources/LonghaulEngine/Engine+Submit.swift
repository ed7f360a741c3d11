public import LonghaulCore
import LonghaulJSON

extension Engine {
    /// The answer to an accepted submission.
    public struct Accepted: Sendable, Hashable {
        /// The new job, or the existing job with the same idempotency key.
        public var job: Job
        /// Whether the job existed already.
        public var isReplay: Bool
    }

    /// Stores a job. The job is durable when the call returns.
    ///
    /// - Parameters:
    ///   - job: the request.
    ///   - caller: the user or service that submits the job. An idempotency key is valid for one caller.
    ///   - grant: the rights of the caller.
    /// - Throws: ``LonghaulError``: `invalid_request`, `payload_too_large`, `idempotency_key_reused`; `forbidden` if the
    ///   grant does not cover the job; `system_busy` if the queue is full; `unavailable` if the store does not answer. The
    ///   call has stored nothing then.
    public func submit(
        _ job: NewJob, caller: String = NewAPIKey.anonymous, grant: KeyGrant = .everything
    ) async throws -> Accepted {
        try diskFloor.check()
        let resolution = try resolver(caller: caller).resolve([job]) { _ in .root }
        try resolution.require(grant)
        guard let outcome = try await store.submit(resolution.submissions, allOrNothing: false).first else {
            throw LonghaulError.noAnswer
        }
        switch outcome {
        case .created(let job): return Accepted(job: job, isReplay: false)
        case .existing(let job): return Accepted(job: job, isReplay: true)
        case .refused(let error): throw withRetryAfter(error)
        }
    }

    /// The answer to an accepted batch.
    public struct AcceptedBatch: Sendable, Hashable {
        /// The entries, in order.
        public var jobs: [Accepted]
        /// The job that waits for the entries, if the batch has one.
        public var parent: Accepted?
    }

    /// Stores all jobs of a batch, or none. Entries may depend on each other by `ref`.
    ///
    /// If the parent has the idempotency key of an earlier batch, the call returns the jobs of that batch.
    ///
    /// - Throws: ``LonghaulError`` as ``submit(_:caller:)`` does. The pointer of each error begins with `/jobs/` and the
    ///   number of the entry, or with `/parent`.
    public func submit(
        _ batch: NewJobBatch, caller: String = NewAPIKey.anonymous, grant: KeyGrant = .everything
    ) async throws -> AcceptedBatch {
        guard FieldBounds.batch.contains(batch.jobs.count) else {
            throw LonghaulError.invalid(
                JSONPointer.root.appending("jobs"),
                "expected \(FieldBounds.batch.lowerBound) to \(FieldBounds.batch.upperBound) jobs, but there are \(batch.jobs.count)"
            )
        }
        try diskFloor.check()
        let resolution = try resolver(caller: caller).resolve(batch)
        try resolution.require(grant)
        let outcomes = try await store.submit(resolution.submissions, allOrNothing: true)
        try throwError(of: outcomes, resolution, batch)
        var accepted = resolution.places.compactMap { place -> Accepted? in
            switch outcomes[place] {
            case .created(let job): Accepted(job: job, isReplay: false)
            case .existing(let job): Accepted(job: job, isReplay: true)
            case .refused: nil
            }
        }
        let parent = batch.parent == nil ? nil : accepted.popLast()
        return AcceptedBatch(jobs: accepted, parent: parent)
    }

    /// Throws if an entry is invalid or cannot be stored: the error of the first such entry, with the positions of all
    /// of them.
    private func throwError(
        of outcomes: [SubmitOutcome], _ resolution: SubmissionResolver.Resolution, _ batch: NewJobBatch
    ) throws {
        var first: LonghaulError?
        var faults: [JSONFault] = []
        for (index, place) in resolution.places.enumerated() {
            // `conflict` marks a valid entry that was rejected because of another one.
            guard case .refused(let error) = outcomes[place], error.code != .conflict else { continue }
            let pointer = batch.pointer(to: index)
            faults += error.faults.map {
                JSONFault(pointer: pointer.appending($0.pointer), message: $0.message)
            }
            if error.faults.isEmpty { faults.append(JSONFault(pointer: pointer, message: error.detail)) }
            if first == nil {
                first = withRetryAfter(error, laterEntries: resolution.submissions[(place + 1)...])
            }
        }
        guard var error = first else { return }
        error.faults = faults
        throw error
    }

    func resolver(caller: String, parentID: JobID? = nil) -> SubmissionResolver {
        SubmissionResolver(
            caller: caller, parentID: parentID, now: time.now(), configuration: configuration,
            router: settingsCache.router, ids: ids)
    }

    /// The maximum `Retry-After`, in seconds. Measured rates do not predict more than that.
    private static let maxRetryAfterSeconds = 3600.0
    /// The `Retry-After` without a measured rate, in seconds.
    private static let defaultRetryAfterSeconds = 30.0

    /// Adds `Retry-After` to a `system_busy` error: the time after which there is room, by the measured rates.
    ///
    /// - Parameter laterEntries: the entries of the same batch after the rejected one. They need room as well.
    func withRetryAfter(_ error: LonghaulError, laterEntries: ArraySlice<Submission> = []) -> LonghaulError {
        guard let overload = error.overload, error.retryAfterSeconds == nil else { return error }
        let now = time.now()
        var surplus = overload.surplus
        let rate: Double?
        switch overload.bound {
        case .depth(let queue):
            surplus += laterEntries.count { $0.spec.queue == queue }
            rate = settingsCache.isPaused(queue) ? nil : meter.drainRate(of: queue, at: now)
        case .waiting(let queue):
            surplus += laterEntries.count { $0.spec.queue == queue }
            rate = meter.promotionRate(of: queue, at: now)
        case .system:
            surplus += laterEntries.count
            rate = meter.drainRate(at: now)
        case .queues: rate = nil
        }
        var error = error
        error.retryAfterSeconds =
            rate.map { min(Self.maxRetryAfterSeconds, max(1, Double(surplus) / $0)) }
            ?? Self.defaultRetryAfterSeconds
        return error
    }

    /// The time after which a caller should read a job that it has just submitted, in seconds: the delay of the job, plus
    /// the median wait and run of its queue. From 1 to 3,600.
    public func suggestedPollSeconds(for job: Job) -> Double {
        let now = time.now()
        let delay = max(0, job.runAt.seconds(since: now))
        let rates = meter.rates(of: job.spec.queue, at: now)
        let typical = (rates.waitSeconds?.p50 ?? 0) + (rates.runSeconds?.p50 ?? 0)
        return min(3600, max(1, (delay + typical).rounded(.up)))
    }
}
