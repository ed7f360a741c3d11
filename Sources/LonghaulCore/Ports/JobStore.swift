public import LonghaulJSON

/// The port to the database that holds the truth about every job.
///
/// What every driver must keep:
/// - A call returns after its changes are committed with the store's full durability, or throws and has
///   changed nothing.
/// - Every operation takes many and answers each, in order; the fault of one entry fails that entry alone.
/// - Time is the store's own: leases end and jobs come due by its clock, never by a caller's.
/// - An outage does not count against workers: a lease ends no earlier than one lease length after it. See
///   ``OutageMonitor``.
/// - A write that carries a token changes nothing unless the token's lease is the job's present one.
/// - The observer receives every change once, after its commit, in the order of each job's versions. A ``ChangeBatch``
///   holds changes of this process or of another one over the same store, and says which.
///
/// A driver throws ``LonghaulError`` with code `unavailable` when the database does not answer, and with
/// `internal` when it answers something that it should not.
public protocol JobStore: Sendable {
    /// Sets the observer of changes. Called once, before any other call. The store calls the observer on its own
    /// thread after a commit, before it answers the calls of that commit.
    func observe(_ observer: @escaping @Sendable (ChangeBatch) -> Void)

    /// Sets what holds for all queues together. Called once, before any other call but ``observe(_:)``;
    /// without it the defaults hold.
    func configure(_ limits: StoreLimits)

    /// Sets who is told that another process has set, or may have set, bounds of queues, the routing table or
    /// schedules. Called once, before any other call. A store that one process has for itself tells nothing.
    func observeSettings(_ observer: @escaping @Sendable () -> Void)

    // MARK: Submitting

    /// Stores new jobs, each in the state that its due time, dependencies and queue ask for.
    ///
    /// A submission whose key is live answers with the job that exists, and later entries of the call that
    /// depend on the submission's own identifier depend on that job. Where it recognises the parent of other
    /// entries of the call, none of them is stored: each answers with the job that took its place among
    /// those the parent waited for. One that would take its queue past `max_depth` (or `max_waiting`), or all queues past theirs, is refused as `system_busy`, with the
    /// overload; one that depends on an unknown job, or
    /// belongs to one that is unknown or has ended, as `invalid_request`. A job that only collects is stored
    /// as completed if it need not wait.
    ///
    /// - Parameter allOrNothing: whether one refusal refuses every entry; the entries that were not at
    ///   fault are then refused with code `conflict`.
    func submit(_ submissions: [Submission], allOrNothing: Bool) async throws -> [SubmitOutcome]

    // MARK: Working

    /// Gives pending jobs to a worker: for each a new attempt, a new fence and a token, in one commit.
    ///
    /// Takes from the request's queues in their order; within a queue the highest priority first, as
    /// ``AgeingRule`` has it, then the oldest. Where the queue has `partition_by`, the values of that tag
    /// take turns before that, one job each. Only jobs whose labels the worker serves (``LabelRule``) are
    /// given. Paused queues give nothing; `max_concurrency` and `rate_limit` are kept. Does not wait. Records
    /// the worker.
    ///
    /// What it costs must not depend on how many jobs are pending, only on how many kinds, sets of labels,
    /// priorities and jobs given.
    func claim(_ request: LeaseRequest) async throws -> [Lease]

    /// Gives these jobs to a worker as ``claim(_:)`` does, where they are still pending and fit the request;
    /// any other identifier is passed over. For queues that carry identifiers.
    func claim(_ ids: [JobID], for request: LeaseRequest) async throws -> [Lease]

    /// Renews leases for their full length, keeps progress, and records the worker's sign of life.
    func heartbeat(_ heartbeat: Heartbeat) async throws -> HeartbeatOutcome

    /// Ends attempts with success: keeps results, stores the jobs that come next, frees jobs that waited.
    ///
    /// Completing again with the same token and result answers the same. The submissions of an entry are not
    /// bound by the depth of their queues: they belong to work that was accepted.
    func complete(_ completions: [StoreCompletion]) async -> [Result<Job, LonghaulError>]

    /// Ends attempts with a fault: ``FailureRule`` decides what becomes of each job.
    func fail(_ failures: [Failure]) async -> [Result<Job, LonghaulError>]

    /// Gives jobs back unfinished: pending again at once, the attempt not counted.
    func release(_ tokens: [LeaseToken]) async -> [Result<Job, LonghaulError>]

    /// Forgets a worker. Answers the leases that it still holds; nil if it is not known and holds none.
    func forgetWorker(_ id: String) async throws -> [LeaseToken]?

    /// Throws `lease_lost` unless the token's lease is the job's present one.
    func verify(_ token: LeaseToken) async throws

    /// The artifacts of the token's attempt besides the one of this name. Throws `lease_lost` as ``verify(_:)``.
    func artifactUsage(_ token: LeaseToken, besides name: String) async throws -> AttachmentUsage

    /// Adds lines to a job's log. The newest 10,000 of a job are kept, and no more than
    /// ``AttachmentLimits/logBytes``.
    func appendLogs(_ token: LeaseToken, _ lines: [LogLine]) async throws

    /// Records a file that an attempt left; a file of the same name and attempt is replaced. Throws
    /// `payload_too_large` beyond ``AttachmentLimits``.
    func putArtifact(_ token: LeaseToken, _ artifact: Artifact) async throws

    /// The output of a checkpoint that this or an earlier attempt wrote; nil if none did.
    func step(_ token: LeaseToken, name: String) async throws -> JSONText?

    /// Writes a checkpoint, once: an output that is there already stays, and is returned. Throws
    /// `payload_too_large` beyond ``AttachmentLimits``.
    func putStep(_ token: LeaseToken, name: String, output: JSONText) async throws -> JSONText

    // MARK: Steering

    /// Cancels jobs that have not ended; the lease of a running one ends with it. Others: `conflict`.
    func cancel(_ ids: [JobID]) async -> [Result<Job, LonghaulError>]

    /// Cancels at most `limit` of a job's children that have not ended, of their children, and so on.
    /// Answers how many there were.
    func cancelDescendants(of id: JobID, limit: Int) async throws -> Int

    /// Makes `failed`, `cancelled` or `retrying` jobs pending, their attempts counted afresh; one that only
    /// collects completes instead. Others: `conflict`.
    func retry(_ ids: [JobID]) async -> [Result<Job, LonghaulError>]

    /// Removes ended jobs with all that the store keeps of them. Others: `conflict`.
    func delete(_ ids: [JobID]) async -> [Result<Void, LonghaulError>]

    /// Does with dead letters what ``retry(_:)`` or ``delete(_:)`` do, where a job is a dead letter and has the
    /// filter's `fingerprint` and `errorType`. Others: `conflict`, or `not_found`.
    func settleDeadLetters(
        _ ids: [JobID], by action: DeadLetterAction, fitting filter: JobFilter
    ) async -> [Result<Void, LonghaulError>]

    /// Sets a queue's bounds; makes the queue if it is new. A rate limit begins with a full bucket, and a
    /// changed one with what is left.
    ///
    /// - Throws: `system_busy` if the queue is new and there are ``StoreLimits/maxQueues`` already.
    func setQueue(_ name: String, _ settings: QueueSettings) async throws -> QueueRecord

    /// Deletes a queue and its settings; answers false if there is none.
    ///
    /// Ended jobs stay until their retention is over. Until then the queue is hidden, and it shows up again, with the
    /// default settings, when it is used again.
    ///
    /// - Throws: `conflict` if jobs of the queue have not ended.
    func deleteQueue(_ name: String) async throws -> Bool

    /// Removes queues that have no jobs in any state, default settings, and were not used since a moment. Removes
    /// deleted queues as soon as they have no jobs. Answers their names.
    ///
    /// - Parameter kept: queues that stay in any case, unless they were deleted.
    func forgetQueues(unusedSince moment: Timestamp, except kept: Set<String>) async throws -> [String]

    /// Replaces the routing table.
    func setRouting(_ table: RoutingTable) async throws

    // MARK: Schedules

    /// A page of schedules by name, those after the given one.
    func schedules(after name: String?, limit: Int) async throws -> SchedulePage

    /// The schedule of this name; nil if there is none.
    func schedule(_ name: String) async throws -> ScheduleRecord?

    /// Sets a schedule, which comes into being if it is new: see
    /// ``ScheduleRecord/init(replacing:name:spec:caller:firstRunAt:at:)``.
    func putSchedule(
        _ name: String, _ spec: ScheduleSpec, caller: String, firstRunAt: Timestamp?
    ) async throws -> ScheduleRecord

    /// Removes a schedule; its jobs stay. Answers whether there was one.
    func deleteSchedule(_ name: String) async throws -> Bool

    /// The schedules whose tick has come by the store's clock.
    func dueSchedules(limit: Int) async throws -> DueSchedules

    /// Submits the job of a tick and moves the schedule on, in one commit, if the schedule is still as it was
    /// read: however many servers try, one does. The job is bound by its queue as any submission is.
    func fireSchedule(_ firing: ScheduleFiring) async throws -> ScheduleOutcome

    // MARK: Reading

    /// The job; nil if there is none.
    func job(_ id: JobID) async throws -> Job?

    /// How many pending jobs of its queue stand before a pending job by priority and age; nil if it is not
    /// pending.
    ///
    /// Exact for the first and the last thousand of its priority; between them it may be an estimate, as
    /// counting would take time in proportion to the queue.
    func position(of id: JobID) async throws -> Int?

    /// A page of jobs, newest first.
    ///
    /// - Parameter reading: which fields are read, and how many bytes a page may have.
    func jobs(
        _ filter: JobFilter, after cursor: JobCursor?, limit: Int, reading: JobReading
    ) async throws -> JobPage

    /// The identifiers of such a page.
    func jobIDs(_ filter: JobFilter, after cursor: JobCursor?, limit: Int) async throws -> JobIDPage

    /// A page of the groups of dead letters, the largest first; of the same size, by fingerprint and queue.
    ///
    /// Their counts are kept as dead letters come and go, never counted: the price does not depend on how
    /// many there are.
    func deadLetterGroups(
        _ filter: DeadLetterGroupFilter, after cursor: DeadLetterGroupCursor?, limit: Int
    ) async throws -> DeadLetterGroupPage

    /// What happened to a job since the given version, oldest first; nil if there is no such job.
    func history(_ id: JobID, afterVersion version: Int) async throws -> [JobChange]?

    /// A job's log lines after the given number, at most `limit`; nil if there is no such job.
    func logs(_ id: JobID, after number: Int64, limit: Int) async throws -> [StoredLogLine]?

    /// Every queue, by name. At most ``StoreLimits/maxQueues`` or so.
    func queues() async throws -> [QueueRecord]

    /// The queues after a name, in the order of their names, at most `limit`.
    func queues(after name: String?, limit: Int) async throws -> [QueueRecord]

    /// One queue; nil if it has never been used.
    func queue(_ name: String) async throws -> QueueRecord?

    /// The routing table; empty if none was ever set.
    func routing() async throws -> RoutingTable

    /// The workers seen in the last day, most recent first; at most ``WorkerRecord/maxWorkers``.
    func workers() async throws -> [WorkerRecord]

    /// The workers that hold leases.
    func busyWorkers() async throws -> [WorkerRecord]

    /// Which of these attempts still own their artifacts: their job exists, the fence is its present one,
    /// and it is processing or completed.
    func artifactOwners(_ attempts: [ArtifactFolder]) async throws -> Set<ArtifactFolder>

    // MARK: History of queues

    /// Keeps what happened in queues minute by minute, and forgets what began before `horizon`. A sample of a
    /// queue and minute that is there already is merged with the new one (``QueueSample/merge(_:)``).
    func keepSamples(_ samples: [QueueSample], forgettingBefore horizon: Timestamp) async throws

    /// The samples of one queue, or of all, since a moment; oldest first, by name within a minute.
    ///
    /// - Parameters:
    ///   - place: only samples that come after it.
    ///   - limit: the maximum number of samples.
    func samples(
        of queue: String?, since moment: Timestamp, after place: QueueSample.Place?, limit: Int
    ) async throws -> [QueueSample]

    /// Pending jobs that became due before a moment, in the order of their identifiers: what a queue that
    /// carries identifiers should have.
    func pendingEntries(
        of queue: String, dueBefore moment: Timestamp, after id: JobID?, limit: Int
    ) async throws -> [QueueEntry]

    // MARK: Maintenance

    /// Does what the clock asks for, at most `limit` of each: jobs come due, leases end, jobs expire, jobs
    /// past their retention and keys past their time are removed.
    func maintain(limit: Int) async throws -> Maintenance

    /// How many notifications of other processes were rejected as not signed by a server of this store; nil where
    /// there are none.
    var rejectedNotifications: Int? { get }

    /// Completes a transaction that changes nothing. The engine calls this several times in each
    /// ``StoreLimits/outageSeconds``: a longer silence is an outage of the process or of the database.
    ///
    /// - Returns: the outages since the store was opened.
    func recordActivity() async throws -> OutageTotals

    /// Throws unless the database answers.
    func checkReady() async throws

    /// Finishes what is under way and closes. Later calls throw `unavailable`. Safe to call twice.
    func close() async
}

extension JobStore {
    /// A page of jobs with all their fields, newest first.
    public func jobs(_ filter: JobFilter, after cursor: JobCursor?, limit: Int) async throws -> JobPage {
        try await jobs(filter, after: cursor, limit: limit, reading: JobReading())
    }

    /// All samples of one queue, or of all, since a moment.
    public func samples(of queue: String?, since moment: Timestamp) async throws -> [QueueSample] {
        try await samples(of: queue, since: moment, after: nil, limit: .max)
    }

    /// No other process has it.
    public func observeSettings(_ observer: @escaping @Sendable () -> Void) {}

    /// No other process notifies it.
    public var rejectedNotifications: Int? { nil }
}

/// A completion as the engine hands it to the store.
public struct StoreCompletion: Sendable, Hashable {
    /// The attempt's token.
    public var token: LeaseToken
    /// What came of it.
    public var result: JSONText
    /// The jobs that come next.
    public var next: [Submission]
    /// How far the attempt had come; nil leaves what the last heartbeat said.
    public var progress: Progress?

    /// A completion with this result.
    public init(
        token: LeaseToken, result: JSONText, next: [Submission] = [], progress: Progress? = nil
    ) {
        self.token = token
        self.result = result
        self.next = next
        self.progress = progress
    }

    /// What storing it costs, in units of a small job without dependencies.
    package var weight: Int {
        next.reduce(1 + result.bytes.count / 4096) { $0 + $1.weight }
    }
}

/// What a round of maintenance did.
public struct Maintenance: Sendable, Hashable {
    /// Jobs that came due.
    public var promoted = 0
    /// Leases that ended without a heartbeat.
    public var expiredLeases = 0
    /// Jobs cancelled because they were not started in time.
    public var expiredJobs = 0
    /// Ended jobs removed, whose artifacts can go.
    public var purged: [JobID] = []
    /// When the next of these is due; nil if nothing waits for the clock.
    public var nextAt: Timestamp?
    /// Whether a limit was reached, so that there is more to do at once.
    public var hasMore = false

    /// A round that did nothing.
    public init() {}
}
