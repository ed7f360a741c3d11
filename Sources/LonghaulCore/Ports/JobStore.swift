public import LonghaulJSON

/// The port to the database, which is the source of truth about every job.
///
/// Requirements for every driver:
/// - A call returns after its changes are committed with the store's full durability, or throws and has changed
///   nothing.
/// - An operation takes many entries and returns one outcome for each, in order. An error in one entry fails this entry
///   alone.
/// - The store's clock decides when leases end and jobs become due, never a caller's clock.
/// - An outage does not count against workers: a lease ends no earlier than one lease length after it. See
///   ``OutageMonitor``.
/// - A write with a token has an effect only while the token's lease is the current lease of the job.
/// - The observer receives every change once, after its commit, in the order of each job's versions. A ``ChangeBatch``
///   holds changes of this process or of another one over the same store, and says which.
///
/// A driver throws ``LonghaulError`` with code `unavailable` if the database does not answer, and with `internal` if
/// the database returns unexpected data.
public protocol JobStore: APIKeyStore, AuditStore, ExecutionStore, JournalStore, QueueHistoryStore {
    /// Sets the observer of changes. Called once, before any other call. The store calls the observer on its own
    /// thread after a commit, before it answers the calls of that commit.
    func observe(_ observer: @escaping @Sendable (ChangeBatch) -> Void)

    /// Sets the limits of the store. Called once, before any other call except ``observe(_:)``. Without it, the
    /// defaults apply.
    func configure(_ limits: StoreLimits)

    /// Sets the observer of settings. The store calls it when another process has changed, or may have changed, the
    /// settings of a queue, the routing table or a schedule. Called once, before any other call. A store that a single
    /// process uses never calls it.
    func observeSettings(_ observer: @escaping @Sendable () -> Void)

    /// Sets the observer of work that no change announces. Called once, before any other call. A store that a single
    /// process uses never calls it.
    func observeMissedWork(_ observer: @escaping @Sendable (MissedWork) -> Void)

    // MARK: Submitting

    /// Stores new jobs. The due time, the dependencies and the queue decide each job's first state.
    ///
    /// If a submission's key is live, the outcome is the existing job. Later entries of the call that depend on the
    /// submission's own ID then depend on the existing job. If the key belongs to the parent of other entries of the
    /// call, none of these entries is stored: the outcome of each is the job in its place among the existing parent's
    /// dependencies.
    ///
    /// A submission is rejected with `system_busy`, which carries the overload, if it would exceed `max_depth` or
    /// `max_waiting` of its queue, or the limit of all queues. It is rejected with `invalid_request` if a dependency is
    /// unknown, or if the parent is unknown or has ended. A job that only collects results is stored as completed if it
    /// need not wait.
    ///
    /// - Parameter allOrNothing: whether an error in one entry rejects all entries. The valid entries are then rejected
    ///   with code `conflict`.
    func submit(_ submissions: [Submission], allOrNothing: Bool) async throws -> [SubmitOutcome]

    // MARK: Working

    /// Leases pending jobs to a worker: creates an attempt, a fence and a token for each, in one commit.
    ///
    /// Takes from the queues of the request in their order. Within a queue, the highest priority comes first (see
    /// ``AgeingRule``), then the oldest job. In a queue with `partition_by`, the values of the tag take turns, one job
    /// each; this comes before priority. The worker receives only jobs whose labels it serves (``LabelRule``). Paused
    /// queues are skipped; `max_concurrency` and `rate_limit` are enforced. Does not wait. Records the worker.
    ///
    /// Complexity: independent of the number of pending jobs; depends only on the number of kinds, label sets,
    /// priorities and leased jobs.
    func claim(_ request: LeaseRequest) async throws -> [Lease]

    /// Leases these jobs to a worker as ``claim(_:)`` does, if they are still pending and match the request. Skips all
    /// others. For queues that deliver IDs.
    func claim(_ ids: [JobID], for request: LeaseRequest) async throws -> [Lease]

    /// Renews leases for their full length, stores progress, and records when the worker was last seen.
    func heartbeat(_ heartbeat: Heartbeat) async throws -> HeartbeatOutcome

    /// Ends attempts with success: stores results, stores the next jobs, and releases dependents.
    ///
    /// A repeated completion with the same token and result has the same outcome. The next jobs of a completion are not
    /// limited by the depth of their queues, because they belong to work that was accepted.
    func complete(_ completions: [StoreCompletion]) async -> [Result<Job, LonghaulError>]

    /// Ends attempts with an error. ``FailureRule`` decides whether a job is retried.
    func fail(_ failures: [Failure]) async -> [Result<Job, LonghaulError>]

    /// Releases jobs that are not finished: they become pending at once, and the attempt is not counted.
    func release(_ tokens: [LeaseToken]) async -> [Result<Job, LonghaulError>]

    /// Removes a worker. Returns the leases that it still holds; nil if it is unknown and holds none.
    func deleteWorker(_ id: String) async throws -> [LeaseToken]?

    /// Throws `lease_lost` unless the token's lease is the current lease of the job.
    func verify(_ token: LeaseToken) async throws

    /// The usage of the attempt's artifacts, without the one of this name. Throws `lease_lost` like ``verify(_:)``.
    func artifactUsage(_ token: LeaseToken, besides name: String) async throws -> AttachmentUsage

    /// Appends lines to a job's log. Keeps the newest 10,000 lines of a job, and at most ``AttachmentLimits/logBytes``.
    /// If the call fails, the first lines of more than 1 MiB may be stored.
    func appendLogs(_ token: LeaseToken, _ lines: [LogLine]) async throws

    /// Records an artifact of an attempt. Replaces an artifact of the same name and attempt. Throws `payload_too_large`
    /// beyond ``AttachmentLimits``.
    func putArtifact(_ token: LeaseToken, _ artifact: Artifact) async throws

    /// The output of a checkpoint that this or an earlier attempt wrote; nil if there is none.
    func step(_ token: LeaseToken, name: String) async throws -> JSONText?

    /// Writes a checkpoint once. An existing output is kept and returned. Throws `payload_too_large` beyond
    /// ``AttachmentLimits``.
    func putStep(_ token: LeaseToken, name: String, output: JSONText) async throws -> JSONText

    // MARK: Operator actions

    /// Cancels jobs that have not ended, and ends the lease of a running job. Other jobs: `conflict`.
    func cancel(_ ids: [JobID]) async -> [Result<Job, LonghaulError>]

    /// Cancels jobs of a queue that have not started, to empty the queue. Other jobs: `conflict`, or `not_found`.
    func purge(_ queue: String, _ ids: [JobID]) async -> [Result<Job, LonghaulError>]

    /// Cancels at most `limit` descendants of a job that have not ended: its children, their children, and so on.
    /// Returns their number.
    func cancelDescendants(of id: JobID, limit: Int) async throws -> Int

    /// Makes `failed`, `cancelled` or `retrying` jobs pending, and counts their attempts from the start. A job that
    /// only collects results completes instead. Other jobs: `conflict`.
    func retry(_ ids: [JobID]) async -> [Result<Job, LonghaulError>]

    /// Makes a `scheduled` or `retrying` job due now. Its attempts remain.
    ///
    /// - Throws: ``LonghaulError``: `not_found`; `conflict` in any other state.
    func runNow(_ id: JobID) async throws -> Job

    /// Changes the priority, the time or the tags of a job that is not leased and has not ended. The order of claims follows at
    /// once.
    ///
    /// A time that has passed makes a `scheduled` or `retrying` job pending, and a time ahead makes a pending job
    /// `scheduled`. No bound of the queue applies. The place of a job among those of its new priority depends on the store:
    /// that of its age over SQLite and in memory, behind the jobs that are pending over PostgreSQL.
    ///
    /// - Throws: ``LonghaulError``: `not_found`; `conflict` if the job is leased or has ended, or for a new time of a suspended
    ///   job; `invalid_request` if it would have too many tags.
    func edit(_ id: JobID, _ edit: JobEdit) async throws -> Job

    /// Deletes ended jobs with all their data. Other jobs: `conflict`.
    func delete(_ ids: [JobID]) async -> [Result<Void, LonghaulError>]

    /// Retries or deletes dead letters, like ``retry(_:)`` or ``delete(_:)``. A job must be a dead letter with the
    /// filter's `fingerprint` and `errorType`. Other jobs: `conflict`, or `not_found`.
    func resolveDeadLetters(
        _ ids: [JobID], by action: DeadLetterAction, matching filter: JobFilter
    ) async -> [Result<Void, LonghaulError>]

    /// Claims due webhook deliveries for this server, which sends them and records the outcomes. No other server claims
    /// them before ``WebhookClaim/leaseSeconds`` have passed.
    func claimDeliveries(_ claim: WebhookClaim) async throws -> ClaimedWebhooks

    /// Records outcomes of attempts, and decides about retries. An answer is nil if the delivery was deleted, or if its
    /// claim has ended and another server has claimed it.
    func recordDeliveries(_ outcomes: [WebhookOutcome]) async -> [Result<WebhookDelivery?, LonghaulError>]

    /// Makes a delivery of a job due at once, in any state. A delivery that a server is sending does not change.
    ///
    /// - Throws: `not_found`.
    func redeliver(_ id: JobID, of job: JobID) async throws -> WebhookDelivery

    /// Sets the settings of a queue. Creates the queue if it does not exist. A new rate limit starts with a full
    /// bucket. A changed one keeps the remaining tokens.
    ///
    /// - Throws: `system_busy` if the queue is new and there are ``StoreLimits/maxQueues`` already.
    func setQueue(_ name: String, _ settings: QueueSettings) async throws -> QueueRecord

    /// Deletes a queue and its settings. Returns false if it does not exist.
    ///
    /// Ended jobs are kept until their retention is over. Until then the queue is hidden. If it is used again, it is
    /// visible again, with the default settings.
    ///
    /// - Throws: `conflict` if jobs of the queue have not ended.
    func deleteQueue(_ name: String) async throws -> Bool

    /// Removes queues that have no jobs in any state and default settings, and that were not used since a time. Removes
    /// deleted queues as soon as they have no jobs. Returns their names.
    ///
    /// - Parameter kept: queues that are kept, unless they were deleted.
    func deleteQueues(unusedSince moment: Timestamp, except kept: Set<String>) async throws -> [String]

    /// Replaces the routing table.
    func setRouting(_ table: RoutingTable) async throws

    // MARK: Schedules

    /// A page of schedules by name, those after the given one.
    func schedules(after name: String?, limit: Int) async throws -> SchedulePage

    /// The schedule of this name; nil if there is none.
    func schedule(_ name: String) async throws -> ScheduleRecord?

    /// Creates or updates a schedule: see
    /// ``ScheduleRecord/init(replacing:name:spec:caller:firstRunAt:at:)``.
    func putSchedule(
        _ name: String, _ spec: ScheduleSpec, caller: String, firstRunAt: Timestamp?
    ) async throws -> ScheduleRecord

    /// Deletes a schedule and keeps its jobs. Returns whether the schedule existed.
    func deleteSchedule(_ name: String) async throws -> Bool

    /// The schedules that are due by the store's clock.
    func dueSchedules(limit: Int) async throws -> DueSchedules

    /// Submits the job of a tick and advances the schedule, in one commit, if the schedule has not changed since it was
    /// read. If several servers try, one succeeds. The limits of the queue apply to the job.
    func fireSchedule(_ firing: ScheduleFiring) async throws -> ScheduleOutcome

    // MARK: Reading

    /// The job; nil if it does not exist.
    func job(_ id: JobID) async throws -> Job?

    /// The outlines of those of these jobs that exist, in the same order.
    func outlines(of ids: [JobID]) async throws -> [JobOutline]

    /// The number of pending jobs in the queue that come before a pending job, by priority and age; nil if the job is
    /// not pending.
    ///
    /// Exact for the first and the last thousand jobs of a priority. Between them it may be an estimate, because
    /// counting takes time in proportion to the queue.
    func position(of id: JobID) async throws -> Int?

    /// A page of jobs, newest first.
    ///
    /// - Parameter reading: the fields to read, and the maximum size of a page.
    func jobs(
        _ filter: JobFilter, after cursor: JobCursor?, limit: Int, reading: JobReading
    ) async throws -> JobPage

    /// The IDs of such a page.
    func jobIDs(_ filter: JobFilter, after cursor: JobCursor?, limit: Int) async throws -> JobIDPage

    /// A page of dead letter groups, the largest first, then by fingerprint and queue.
    ///
    /// The counts are updated with every dead letter, so the cost does not depend on the number of dead letters.
    func deadLetterGroups(
        _ filter: DeadLetterGroupFilter, after cursor: DeadLetterGroupCursor?, limit: Int
    ) async throws -> DeadLetterGroupPage

    /// The changes of a job after the given version, oldest first; nil if the job does not exist.
    func history(_ id: JobID, afterVersion version: Int) async throws -> [JobChange]?

    /// A page of webhook deliveries after an ID, newest first, without bodies.
    func deliveries(
        _ filter: WebhookDeliveryFilter, after id: JobID?, limit: Int
    ) async throws -> WebhookDeliveryPage

    /// The time until the next webhook delivery is due by the store's clock, in seconds; negative if one is overdue, nil if
    /// none is pending.
    func secondsToNextDelivery() async throws -> Double?

    /// The numbers of pending and failed webhook deliveries.
    func webhookCounts() async throws -> WebhookCounts

    /// The number of operations for which suspended jobs wait, for each type; at most ``OperationWait/maxCounted`` in all. A type
    /// without waits is absent.
    func waitCounts() async throws -> [OperationType: Int]

    /// At most `limit` log lines of a job after the given number; nil if the job does not exist.
    func logs(_ id: JobID, after number: Int64, limit: Int) async throws -> [StoredLogLine]?

    /// All queues, by name. About ``StoreLimits/maxQueues`` at most.
    func queues() async throws -> [QueueRecord]

    /// At most `limit` queues after a name, by name.
    func queues(after name: String?, limit: Int) async throws -> [QueueRecord]

    /// One queue; nil if it was never used.
    func queue(_ name: String) async throws -> QueueRecord?

    /// The routing table; empty if none was set.
    func routing() async throws -> RoutingTable

    /// The workers that were seen in the last day, the most recent first; at most ``WorkerRecord/maxWorkers``.
    func workers() async throws -> [WorkerRecord]

    /// The workers that hold leases.
    func busyWorkers() async throws -> [WorkerRecord]

    /// The attempts among these that still own their artifacts: the job exists and is processing or completed, and the
    /// fence is its current one.
    func artifactOwners(_ attempts: [ArtifactFolder]) async throws -> [ArtifactFolder: ArtifactOwner]

    /// Pending jobs that became due before a time, by ID. A queue that delivers IDs should hold them.
    func pendingEntries(
        of queue: String, dueBefore moment: Timestamp, after id: JobID?, limit: Int
    ) async throws -> [QueueEntry]

    // MARK: Maintenance

    /// Processes at most `limit` each of due jobs, expired leases, expired jobs, jobs past their retention and keys
    /// past their lifetime.
    func maintain(limit: Int) async throws -> Maintenance

    /// The number of rejected notifications, which no server of this store signed; nil if the store has no
    /// notifications.
    var rejectedNotifications: Int? { get }

    /// Commits a transaction without changes. The engine calls this several times in each
    /// ``StoreLimits/outageSeconds``. A longer silence is an outage of the process or of the database.
    ///
    /// - Returns: the outages since the store was opened.
    func recordActivity() async throws -> OutageTotals

    /// Throws unless the database answers.
    func checkReady() async throws

    /// Finishes transactions in flight and closes the store. Later calls throw `unavailable`. Safe to call twice.
    func close() async
}

extension JobStore {
    /// A page of jobs with all their fields, newest first.
    public func jobs(_ filter: JobFilter, after cursor: JobCursor?, limit: Int) async throws -> JobPage {
        try await jobs(filter, after: cursor, limit: limit, reading: JobReading())
    }

    /// Does nothing: no other process uses the store.
    public func observeSettings(_ observer: @escaping @Sendable () -> Void) {}

    /// Does nothing: no other process uses the store.
    public func observeMissedWork(_ observer: @escaping @Sendable (MissedWork) -> Void) {}

    /// Nil: no other process notifies the store.
    public var rejectedNotifications: Int? { nil }
}
