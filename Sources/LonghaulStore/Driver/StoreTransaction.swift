package import LonghaulCore
package import LonghaulJSON

/// A transaction of a driver: the verbs that the rules of a job's life are written in.
///
/// A driver implements how rows are found and stored. The rules are in the extensions of this protocol, once for all
/// drivers. A transaction is used by the writer's thread alone.
package protocol StoreTransaction: AnyObject {
    /// The time of the transaction.
    var now: Timestamp { get }
    /// The clock of leases. It can differ from `now`, which may step.
    var leaseClock: LeaseClock { get }
    var random: any RandomSource { get }
    /// How long ended jobs are kept that set no retention of their own.
    var retention: Retention { get }
    var limits: StoreLimits { get }

    // MARK: Rows

    /// Announces that these jobs will be read, so that a driver can fetch them together.
    func prefetch(_ ids: [JobID]) throws
    /// The job's row, as the transaction has it; nil if there is none.
    func row(_ id: JobID) throws -> JobRow?
    /// The row of a job that the same call stores; nil if it is not stored yet.
    func rowOfSameCall(_ id: JobID) throws -> JobRow?
    /// A row for a new job.
    ///
    /// - Throws: `conflict` if there is a job of this identifier.
    func makeRow(of job: Job) throws -> JobRow
    /// Gives the row of a pending job its position in its queue.
    ///
    /// - Parameter isLate: whether it became pending later than it was submitted.
    func enqueue(_ row: inout JobRow, isLate: Bool) throws
    /// Stores a new row, with the error of a job that fails at once.
    func insert(_ row: JobRow, fault: FaultRow?) throws
    /// Stores a row whose job has changed its state, with the error that it ended with. A dead letter has a
    /// fingerprint; no other job has.
    func update(_ row: JobRow, from previous: JobState, fault: FaultRow?) throws
    /// Stores a row that has changed otherwise.
    func update(_ row: JobRow) throws
    /// Stores the new end of a lease, and the progress.
    func updateLease(_ row: JobRow) throws
    /// Marks a job that has children.
    func markParent(_ row: JobRow) throws
    /// Stores the priority and the tags of a row that had other ones. The caller then stores the rest of the row.
    ///
    /// - Parameter previous: the specification that is stored.
    func replaceSpec(of row: JobRow, from previous: JobSpec) throws
    /// Removes an ended job with its errors, logs, journal, signals and keys.
    func delete(_ row: JobRow) throws

    // MARK: Data of rows

    /// All errors of a job, oldest first.
    func faults(of row: JobRow) throws -> [FaultRow]
    /// The fingerprint of a dead letter's error.
    func fingerprint(of row: JobRow) throws -> String?
    /// The job of a row with its data in other tables.
    func job(_ row: JobRow) throws -> Job
    /// The job of a row with its data in other tables, and the results of the jobs around it.
    func family(of row: JobRow) throws -> Job
    /// The results of the jobs that a job waited for, as one value.
    func collected(from ids: [JobID]) throws -> JSONText
    /// The first children of a job that have not ended, oldest first. The transaction may have ended some of them.
    func unendedChildren(of id: JobID, limit: Int) throws -> [JobID]
    /// The children of a job that have children, oldest first.
    func parentsAmongChildren(of id: JobID) throws -> [JobID]
    /// Records that a job waits for another.
    func addDependency(of row: JobRow, on other: JobRow) throws
    /// Records that a job depends on another for which it does not wait.
    func addResolvedDependency(of row: JobRow, on other: JobRow) throws
    /// Marks the dependencies on a job as resolved, and passes each job that waited for it to `body`, oldest first.
    func resolveDependents(of row: JobRow, _ body: (inout JobRow) throws -> Void) throws

    // MARK: Attachments

    /// The number of the last line of a job's log; 0 if there is none.
    func lastLogNumber(of row: JobRow) throws -> Int64
    func appendLog(_ lines: [StoredLogLine], to row: JobRow) throws
    /// Removes the oldest lines of a log beyond a number of bytes.
    func trimLog(of row: JobRow, toBytes bytes: Int64) throws
    /// Removes the lines of a log up to a number.
    func trimLog(of row: JobRow, upTo number: Int64) throws
    /// The artifacts of a job's current attempt besides the one of this name.
    func artifactUsage(of row: JobRow, besides name: String) throws -> AttachmentUsage
    /// Records an artifact of a job's current attempt, in place of an earlier one of the same name.
    func upsert(_ artifact: Artifact, of row: JobRow) throws

    // MARK: Journals

    /// The operation of this identifier in the journal of a job; nil if there is none.
    func operation(of row: JobRow, id: String) throws -> JournalOperation?
    /// The operation of this number in the journal of a job; nil if there is none.
    func operation(of row: JobRow, number: Int64) throws -> JournalOperation?
    /// The operations of a job that wait, in their order.
    func waitingOperations(of row: JobRow) throws -> [JournalOperation]
    /// The operations of a job whose numbers exceed `number`, in their order, at most `limit`.
    func operations(of row: JobRow, after number: Int64, limit: Int) throws -> [JournalOperation]
    /// The first operations of a job, for its lease: at most ``JournalPage/leaseCount``. None needs to follow after their size
    /// has reached ``JournalPage/maxBytes``.
    func firstOperations(of row: JobRow) throws -> [JournalOperation]
    /// Stores a new operation.
    func insert(_ operation: JournalOperation, of row: JobRow) throws
    /// Stores a changed operation.
    func update(_ operation: JournalOperation, of row: JobRow) throws
    /// Stores what a row has in ``JobColumn/journal``. Nothing else in the row has changed.
    func updateJournal(of row: JobRow) throws
    /// Removes the operations of a job from a number on.
    func removeOperations(of row: JobRow, from number: Int64) throws
    /// The oldest signal of a job with this name that no operation has consumed; nil if there is none.
    func keptSignal(of row: JobRow, name: String) throws -> StoredSignal?
    /// The signal of a job that was sent with this key; nil if there is none.
    func signal(of row: JobRow, key: [UInt8]) throws -> StoredSignal?
    /// The signals of a job that no operation has consumed.
    func keptSignalUsage(of row: JobRow) throws -> AttachmentUsage
    /// The number of the last signal of a job; 0 if there is none.
    func lastSignalNumber(of row: JobRow) throws -> Int64
    /// Stores a new signal.
    func insert(_ signal: StoredSignal, of row: JobRow) throws
    /// Records that an operation consumed a signal.
    func consume(_ signal: StoredSignal, by number: Int64, of row: JobRow) throws
    /// Makes signals of a job kept again that operations consumed whose numbers are at least `number`.
    func keepSignals(of row: JobRow, consumedFrom number: Int64) throws
    /// Removes the signals of a job that operations consumed.
    func removeConsumedSignals(of row: JobRow) throws
    /// Replaces the payload of a job.
    func replacePayload(of row: inout JobRow, by payload: JSONText) throws

    // MARK: Records

    /// The record of this key; nil if there is none. No other transaction writes a record of no job between its read and the
    /// commit. The row of the job guards the records of a job.
    func record(_ key: RecordKey) throws -> KeyedRecord?
    /// Records in the order of their names.
    func records(_ range: RecordRange) throws -> [KeyedRecord]
    /// The reports to an execution that no runner has handled, for its lease.
    func reports(of row: JobRow) throws -> [KeyedRecord]
    /// Stores a value under a key. The revision of an earlier record increases.
    func upsert(_ value: JSONText, at key: RecordKey) throws
    /// Removes the record of this key, if there is one.
    func removeRecord(_ key: RecordKey) throws
    /// Removes records of a job until they weigh at least `weight`; see ``KeyedRecord/weight``. Returns what they weigh: none is
    /// left in these spaces if that is less than `weight`. With `.max` it removes all, and may return 0.
    func removeRecords(of id: JobID, in spaces: [RecordSpace], weight: Int) throws -> Int

    // MARK: Webhooks

    /// Stores a new delivery of a job that has ended, and removes all deliveries of the job except the latest `count`.
    func insert(_ delivery: WebhookDelivery, of row: JobRow, keeping count: Int) throws
    /// The delivery of this ID; nil if there is none.
    func delivery(_ id: JobID) throws -> WebhookDelivery?
    /// Stores a changed delivery.
    func update(_ delivery: WebhookDelivery) throws
    /// The next `limit` hosts after a host, by name, to which deliveries are pending.
    func webhookHosts(after host: String, limit: Int) throws -> [String]
    /// The due deliveries to these hosts, host by host, at most `perHost` to each. Skips those that another transaction has
    /// locked.
    func dueDeliveries(to hosts: [String], perHost: Int) throws -> [WebhookDelivery]
    /// When the next attempt of the job's deliveries is due that are still retried; nil if there are none.
    func nextDelivery(of row: JobRow) throws -> Timestamp?

    // MARK: Keys

    /// Announces that these keys will be read, so that a driver can fetch them together.
    func prefetch(keys: [SubmissionKey]) throws
    /// The stored key; nil if there is none.
    func storedKey(_ key: SubmissionKey) throws -> StoredKey?
    /// Stores a key, in place of an earlier one.
    func upsert(_ stored: StoredKey, for key: SubmissionKey, of row: JobRow) throws

    // MARK: Queues, workers, schedules

    /// Counts a job from one state to another; nil stands for a job that does not exist.
    func count(_ spec: JobSpec, from previous: JobState?, to state: JobState?)
    /// The settings of a queue; the defaults if there is none.
    func settings(of queue: String) -> QueueSettings
    /// The number of jobs of a queue that one of its settings limits.
    ///
    /// - Parameter bound: the limit. The number must be exact only if it is at least half the limit. Nil if it must be
    ///   exact.
    func count(_ jobs: BoundedJobs, in queue: String, near bound: Int?) throws -> Int
    /// The number of pending jobs in all queues. It must be exact only if it is at least half the limit `bound`.
    func pendingCount(near bound: Int) throws -> Int
    /// Whether there is such a queue, visible or not.
    func hasQueue(_ name: String) -> Bool
    /// The number of queues, visible or not.
    var queueCount: Int { get }
    /// The tokens of a queue's rate limit; nil without a rate limit.
    func bucket(of queue: String) throws -> TokenBucket?
    /// Stores the tokens of a queue's rate limit.
    func update(_ bucket: TokenBucket, of queue: String) throws
    /// A queue with exact counts; nil if there is none.
    func queue(_ name: String) throws -> QueueState?
    /// Stores the settings of a queue, and what depends on them. A new queue is created. A deleted queue without jobs
    /// may be removed.
    func update(_ queue: QueueState, _ name: String) throws
    /// The workers that this server has seen.
    var workers: WorkerRegistry { get }
    /// Stores a worker.
    func upsert(_ worker: WorkerRecord) throws
    /// Stores that a worker that polled another server was seen.
    func updateLastSeen(ofWorker id: String) throws
    /// Removes a worker from the database; returns whether it had the worker.
    func removeWorker(_ id: String) throws -> Bool
    /// The schedule of this name; nil if there is none.
    func schedule(_ name: String) throws -> ScheduleRecord?
    /// Stores a schedule.
    func upsert(_ record: ScheduleRecord) throws

    // MARK: API keys

    /// All API keys, locked against changes of other servers.
    func apiKeys() throws -> [APIKey]
    /// Stores an API key, in place of an earlier one of the same identifier, and counts a change of the keys.
    func upsert(_ key: APIKey) throws
    /// Removes an API key, and counts a change of the keys.
    func removeAPIKey(_ id: String) throws
    /// Stores when an API key was last used, unless a later time is stored.
    func recordUse(ofAPIKey id: String, at moment: Timestamp) throws

    // MARK: Audit

    /// Adds an entry to the end of the audit log, as an ``AuditRecord`` after the last one. No other transaction may add one
    /// between the read of the last record and the commit.
    func append(_ entry: AuditEntry) throws
    /// The oldest records of the audit log, in order.
    func oldestAuditRecords(limit: Int) throws -> [AuditRecord]
    /// Removes the records of the audit log up to a record, and stores its place as the beginning of the chain.
    func removeAuditRecords(upTo link: AuditLink) throws
    /// The routing table.
    func routing() throws -> RoutingTable

    // MARK: Claiming

    /// The pending jobs of a queue that a request can be given.
    func lanes(of queue: String, for request: LeaseRequest) throws -> any LaneSource
    /// The maximum number of times that a claim chooses jobs of a queue.
    var claimRounds: Int { get }
    /// Announces that the rows of chosen jobs will be read, so that a driver can fetch them together.
    func prefetch(_ jobs: [PendingJob]) throws
    /// The row of a chosen job; nil if another transaction has locked it or it is no longer pending at its position.
    func row(_ job: PendingJob) throws -> JobRow?
    /// The partition of the latest turn of such requests; nil before the first.
    func latestTurn(_ key: PartitionTurns.Key) -> String?
    /// Records the turn of a partition.
    func recordTurn(of partition: String, _ key: PartitionTurns.Key)

    // MARK: Maintenance

    /// Begins a round of maintenance. Returns whether the round also covers what other servers wrote.
    func beginMaintenance(limit: Int) throws -> Bool
    /// Passes jobs that are overdue (``isOverdue(_:_:)``) to `body`, in the order of the deadlines. The change of one job
    /// can change the next ones. Returns whether there may be more than `limit`.
    func eachOverdue(_ deadline: Deadline, limit: Int, _ body: (inout JobRow) throws -> Void) throws -> Bool
    /// How much one round removes.
    var removalBound: RemovalBound { get }
    /// When the last key of a job expires; nil if all have expired.
    func latestKeyExpiry(of row: JobRow) throws -> Timestamp?
    /// Removes at most `lines` lines of an ended job's log, and subtracts their number. Returns whether ``delete(_:)``
    /// has few left to remove.
    func emptyLog(of row: JobRow, _ lines: inout Int) throws -> Bool
    /// Removes the last operations of an ended job with the signals that they consumed, and stores the new sums. The rest is
    /// a correct journal, because the job can still be restarted. An operation counts as a line, and each 4 KiB of it as one
    /// more. Returns whether ``delete(_:)`` has few left to remove.
    func emptyJournal(of row: inout JobRow, _ lines: inout Int) throws -> Bool
    /// Removes keys that have expired.
    func removeExpiredKeys(limit: Int) throws
    /// Updates the partition of pending jobs after a change of `partition_by`. Returns whether there may be more.
    func sortPartitions(limit: Int) throws -> Bool
    /// Removes workers that were last seen before a moment, and those beyond a number that were seen least recently.
    func removeWorkers(before horizon: Timestamp, keeping maximum: Int) throws
    /// Ends a round of maintenance. Returns whether there is more to do.
    func finishMaintenance(limit: Int) throws -> Bool
    /// Sets when the next maintenance is due, as far as the transaction knows.
    func findNext(_ maintenance: inout Maintenance) throws

    /// Notifies other servers of changed settings, which they cache.
    func announceSettings()

    /// Commits a trial change if the database has refused a transaction: only that shows that it accepts changes again.
    func recordActivity() throws

    /// Removes queues that are not used; returns their names.
    func deleteQueues(unusedSince moment: Timestamp, except kept: Set<String>) throws -> [String]
    /// Replaces the rules of the routing table.
    func replaceRouting(_ table: RoutingTable) throws
    /// Removes a schedule; returns whether it existed.
    func removeSchedule(_ name: String) throws -> Bool
    /// Stores samples of queues, merges samples before an hour into samples of hours, and removes samples from before a moment.
    func recordSamples(
        _ samples: [QueueSample], mergingBefore hour: Timestamp?, deletingBefore horizon: Timestamp
    ) throws

    // MARK: Publishing and undoing

    /// Adds a change to publish after the commit.
    func publish(_ change: JobChange)
    /// Runs a body, and undoes its changes if it throws, so that the other calls of the transaction go on.
    func savepoint<Value>(_ body: () throws -> Value) throws -> Value
    /// Runs the body of one entry of a call. A driver for tests checks that a body that throws has changed nothing.
    func runEntry<Value>(_ body: () throws -> Value) throws -> Value
}

extension StoreTransaction {
    package func firstOperations(of row: JobRow) throws -> [JournalOperation] {
        try operations(of: row, after: 0, limit: JournalPage.leaseCount)
    }
    package func reports(of row: JobRow) throws -> [KeyedRecord] { try records(row.unhandledReports) }
    package func updateJournal(of row: JobRow) throws { try update(row) }
    package func emptyJournal(of row: inout JobRow, _ lines: inout Int) throws -> Bool { true }
    package func announceSettings() {}
    package func recordActivity() throws {}
    package var claimRounds: Int { 1000 }
    package func prefetch(_ jobs: [PendingJob]) throws {}
    package func beginMaintenance(limit: Int) throws -> Bool { false }
    package func finishMaintenance(limit: Int) throws -> Bool { false }
    package func runEntry<Value>(_ body: () throws -> Value) throws -> Value { try body() }

    /// The result of each element, in order. The error of one does not affect the others.
    package func each<Element, Value>(
        _ elements: [Element], _ body: (Element) throws -> Value
    ) throws -> [Result<Value, LonghaulError>] {
        try elements.map { element in
            do {
                return .success(try runEntry { try body(element) })
            } catch let error as LonghaulError {
                return .failure(error)
            }
        }
    }
}
