public import LonghaulCore
import LonghaulJSON

extension Engine {
    /// What became of a submission that was accepted.
    public struct Accepted: Sendable, Hashable {
        /// The job: the new one, or the one that a key recognised.
        public var job: Job
        /// Whether the job existed already.
        public var isReplay: Bool
    }

    /// Stores a job. When it returns, the job is durable.
    ///
    /// - Parameters:
    ///   - job: the request.
    ///   - caller: who submits it: keys belong to the caller.
    /// - Throws: ``LonghaulError``: `invalid_request`, `payload_too_large`, `idempotency_key_reused`,
    ///   `system_busy` when the queue is full, `unavailable` when the store does not answer. In each case
    ///   nothing was stored.
    public func submit(_ job: NewJob, caller: String = "anonymous") async throws -> Accepted {
        try diskFloor.check()
        let resolution = try resolver(caller: caller).resolve([job]) { _ in .root }
        planExpiry(of: resolution.submissions)
        guard let outcome = try await store.submit(resolution.submissions, allOrNothing: false).first else {
            throw LonghaulError(.internal, "the store answered nothing")
        }
        switch outcome {
        case .created(let job): return Accepted(job: job, isReplay: false)
        case .existing(let job): return Accepted(job: job, isReplay: true)
        case .refused(let error): throw refined(error)
        }
    }

    /// What became of a batch that was accepted.
    public struct AcceptedBatch: Sendable, Hashable {
        /// The entries, in order.
        public var jobs: [Accepted]
        /// The job that waits for them, if the batch has one.
        public var parent: Accepted?
    }

    /// Stores many jobs, or none: entries may depend on each other by `ref`.
    ///
    /// A batch whose parent is recognised by a key was accepted before, and answers as it did then.
    ///
    /// - Throws: ``LonghaulError`` as ``submit(_:caller:)`` does; every fault's pointer begins with
    ///   `/jobs/` and the entry's number, or with `/parent`.
    public func submit(_ batch: NewJobBatch, caller: String = "anonymous") async throws -> AcceptedBatch {
        guard FieldBounds.batch.contains(batch.jobs.count) else {
            throw LonghaulError.invalid(
                JSONPointer.root.appending("jobs"),
                "expected \(FieldBounds.batch.lowerBound) to \(FieldBounds.batch.upperBound) jobs, got \(batch.jobs.count)"
            )
        }
        try diskFloor.check()
        let resolution = try resolver(caller: caller).resolve(batch)
        planExpiry(of: resolution.submissions)
        let outcomes = try await store.submit(resolution.submissions, allOrNothing: true)
        try throwRefusal(outcomes, resolution, batch)
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

    /// Throws if an entry was refused: what was wrong with the first that was at fault itself, and the
    /// faults of every other.
    private func throwRefusal(
        _ outcomes: [SubmitOutcome], _ resolution: SubmissionResolver.Resolution, _ batch: NewJobBatch
    ) throws {
        var first: LonghaulError?
        var faults: [JSONFault] = []
        for (index, place) in resolution.places.enumerated() {
            guard case .refused(let error) = outcomes[place], error.code != .conflict else { continue }
            let pointer = batch.pointer(to: index)
            faults += error.faults.map {
                JSONFault(pointer: pointer.appending($0.pointer), message: $0.message)
            }
            if error.faults.isEmpty { faults.append(JSONFault(pointer: pointer, message: error.detail)) }
            if first == nil { first = refined(error, with: resolution.submissions[(place + 1)...]) }
        }
        guard var error = first else { return }
        error.faults = faults
        throw error
    }

    func resolver(caller: String, parentID: JobID? = nil) -> SubmissionResolver {
        SubmissionResolver(
            caller: caller, parentID: parentID, now: time.now(), configuration: configuration,
            router: book.router, ids: ids)
    }

    private func planExpiry(of submissions: [Submission]) {
        if let expiry = submissions.lazy.compactMap(\.spec.expiresAt).min() { maintenance.plan(expiry) }
    }

    /// The longest `Retry-After`, in seconds: rates do not last for ever.
    private static let longestPause = 3600.0
    /// The pause where nothing moved in the last minute, in seconds.
    private static let blindPause = 30.0

    /// Adds to `system_busy` when to try again: when there will be room, from the measured rates.
    ///
    /// - Parameter others: what was to be stored together with what was refused, and needs room as well.
    func refined(_ error: LonghaulError, with others: ArraySlice<Submission> = []) -> LonghaulError {
        guard let overload = error.overload, error.retryAfterSeconds == nil else { return error }
        let now = time.now()
        var wanted = overload.surplus
        let rate: Double?
        switch overload.bound {
        case .depth(let queue):
            wanted += others.count { $0.spec.queue == queue }
            rate = book.isPaused(queue) ? nil : meter.drainRate(of: queue, at: now)
        case .waiting(let queue):
            wanted += others.count { $0.spec.queue == queue }
            rate = meter.promotionRate(of: queue, at: now)
        case .system:
            wanted += others.count
            rate = meter.drainRate(at: now)
        case .queues: rate = nil
        }
        var refined = error
        refined.retryAfterSeconds =
            rate.map { min(Self.longestPause, max(1, Double(wanted) / $0)) }
            ?? Self.blindPause
        return refined
    }

    /// When to look next at a job that was just submitted, in seconds: its share of the measured wait and
    /// run, or 1 where nothing is known.
    public func suggestedPause(for job: Job) -> Double {
        let now = time.now()
        let ahead = max(0, job.runAt.seconds(since: now))
        let rates = meter.rates(of: job.spec.queue, at: now)
        let usual = (rates.waitSeconds?.p50 ?? 0) + (rates.runSeconds?.p50 ?? 0)
        return min(3600, max(1, (ahead + usual).rounded(.up)))
    }
}
