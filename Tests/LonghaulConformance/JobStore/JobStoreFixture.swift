import LonghaulCore
import LonghaulJSON
import LonghaulTestSupport
import Synchronization
import Testing

/// A store under test, with a clock that the test controls and short forms of common operations.
final class JobStoreFixture: Sendable {
    let store: any JobStore
    let time = ManualTime()
    let ids: JobIDGenerator
    private let observed = Mutex<[JobChange]>([])

    init(_ makeStore: JobStoreConformance.Factory) async throws {
        let random = SeededRandom(seed: 7)
        ids = JobIDGenerator(time: time, random: random)
        store = try await makeStore(time, random)
        // The test moves the clock in steps, which must not count as outages.
        store.configure(StoreLimits(outageSeconds: nil))
        store.observe { [weak self] batch in self?.observed.withLock { $0 += batch.changes } }
    }

    /// Every change that the observer received.
    var changes: [JobChange] { observed.withLock { $0 } }

    /// The changes of one job.
    func changes(of id: JobID) -> [JobChange] { changes.filter { $0.jobID == id } }

    // MARK: Submitting

    func submission(_ kind: String = "work", _ change: (inout Submission) -> Void = { _ in }) -> Submission {
        var submission = Submission(
            id: ids.next(), spec: JobSpec(kind: kind, payload: json(#"{"n":1}"#)), caller: "tests")
        change(&submission)
        return submission
    }

    /// Submits one job, which must be created.
    @discardableResult
    func submit(_ kind: String = "work", _ change: (inout Submission) -> Void = { _ in }) async throws -> Job
    {
        try created(await outcome(submission(kind, change)))
    }

    func outcome(_ submission: Submission) async throws -> SubmitOutcome {
        let outcomes = try await store.submit([submission], allOrNothing: false)
        #expect(outcomes.count == 1)
        return try #require(outcomes.first)
    }

    func created(_ outcome: SubmitOutcome) throws -> Job {
        guard case .created(let job) = outcome else { throw Unexpected(outcome) }
        return job
    }

    func existing(_ outcome: SubmitOutcome) throws -> Job {
        guard case .existing(let job) = outcome else { throw Unexpected(outcome) }
        return job
    }

    func error(_ outcome: SubmitOutcome) throws -> LonghaulError {
        guard case .refused(let error) = outcome else { throw Unexpected(outcome) }
        return error
    }

    // MARK: Working

    func claim(_ maxJobs: Int = 1, _ change: (inout LeaseRequest) -> Void = { _ in }) async throws -> [Lease]
    {
        var request = LeaseRequest(worker: WorkerInfo(id: "w1", name: "worker one"), maxJobs: maxJobs)
        change(&request)
        return try await store.claim(request)
    }

    /// Claims exactly one job.
    func lease(_ change: (inout LeaseRequest) -> Void = { _ in }) async throws -> Lease {
        try #require(await claim(1, change).first)
    }

    @discardableResult
    func complete(_ token: LeaseToken, _ result: String = "null", next: [Submission] = []) async throws -> Job
    {
        let completion = StoreCompletion(token: token, result: json(result), next: next)
        return try #require(await store.complete([completion]).first).get()
    }

    @discardableResult
    func fail(
        _ token: LeaseToken, _ error: JobError = JobError(type: "boom", message: "it broke"),
        retryIn seconds: Double? = nil
    ) async throws -> Job {
        let failure = Failure(token: token, error: error, retryInSeconds: seconds)
        return try #require(await store.fail([failure]).first).get()
    }

    @discardableResult
    func release(_ token: LeaseToken) async throws -> Job {
        try #require(await store.release([token]).first).get()
    }

    // MARK: Operator actions and reading

    @discardableResult
    func cancel(_ id: JobID) async throws -> Job {
        try #require(await store.cancel([id]).first).get()
    }

    @discardableResult
    func retry(_ id: JobID) async throws -> Job {
        try #require(await store.retry([id]).first).get()
    }

    func delete(_ id: JobID) async throws {
        try #require(await store.delete([id]).first).get()
    }

    func job(_ id: JobID) async throws -> Job {
        try #require(await store.job(id))
    }

    /// A page of the jobs that depend on a job, newest first.
    func dependents(
        of id: JobID, after cursor: JobCursor? = nil, limit: Int = 50,
        _ change: (inout JobFilter) -> Void = { _ in }
    ) async throws -> JobPage {
        var filter = JobFilter()
        filter.dependencyID = id
        change(&filter)
        return try await store.jobs(filter, after: cursor, limit: limit)
    }

    func counts(_ queue: String = "default") async throws -> [JobState: Int] {
        try await store.queue(queue)?.counts ?? [:]
    }

    /// Changes the limits of attachments.
    func limitAttachments(_ change: (inout AttachmentLimits) -> Void) {
        var limits = StoreLimits()
        change(&limits.attachments)
        store.configure(limits)
    }

    /// Changes the limits of journals and signals.
    func limitJournal(_ change: (inout JournalLimits) -> Void) {
        var limits = StoreLimits()
        change(&limits.journal)
        store.configure(limits)
    }

    /// The error code of a call. A call that succeeds fails the test.
    func code(of body: () async throws -> Void) async -> LonghaulError.Code? {
        do {
            try await body()
            Issue.record("the call succeeded")
            return nil
        } catch let error as LonghaulError {
            return error.code
        } catch {
            Issue.record(error)
            return nil
        }
    }
}

/// An unexpected outcome.
struct Unexpected: Error, CustomStringConvertible {
    let description: String

    init(_ value: Any) {
        description = "unexpected: \(value)"
    }
}

/// Valid JSON text.
func json(_ text: String) -> JSONText {
    JSONText(validated: Array(text.utf8))
}
