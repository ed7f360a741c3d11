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
    /// Removes an ended job with its errors, logs, checkpoints and keys.
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
    /// Records that a worker polls for jobs.
    func recordPoll(_ request: LeaseRequest) throws
    /// Records a heartbeat of a worker.
    func recordHeartbeat(of worker: String) throws
    /// The schedule of this name; nil if there is none.
    func schedule(_ name: String) throws -> ScheduleRecord?
    /// Stores a schedule.
    func upsert(_ record: ScheduleRecord) throws

    /// Notifies other servers of changed settings, which they cache.
    func announceSettings()

    /// Commits a trial change if the database has refused a transaction: only that shows that it accepts changes again.
    func recordActivity() throws

    // MARK: Operations without rules of their own

    /// Leases pending jobs to a worker.
    func claim(_ request: LeaseRequest) throws -> [Lease]
    /// Handles jobs that are due, expired leases, expired jobs and retention, each up to a limit.
    func maintain(limit: Int) throws -> Maintenance
    /// Removes a worker; returns whether it was known.
    func deleteWorker(_ id: String) throws -> Bool
    /// Adds lines to the log of the job that a token holds.
    func appendLogs(_ token: LeaseToken, _ lines: [LogLine]) throws
    /// Records a file that the attempt of a token stored.
    func putArtifact(_ token: LeaseToken, _ artifact: Artifact) throws
    /// Writes a checkpoint of the job that a token holds, once; returns what is stored.
    func putStep(_ token: LeaseToken, name: String, output: JSONText) throws -> JSONText
    /// Removes queues that are not used; returns their names.
    func deleteQueues(unusedSince moment: Timestamp, except kept: Set<String>) throws -> [String]
    /// Replaces the routing table.
    func setRouting(_ table: RoutingTable) throws
    /// Removes a schedule; returns whether it existed.
    func deleteSchedule(_ name: String) throws -> Bool
    /// Stores samples of queues, and removes samples from before a moment.
    func recordSamples(_ samples: [QueueSample], deletingBefore horizon: Timestamp) throws

    // MARK: Publishing and undoing

    /// Adds a change to publish after the commit.
    func publish(_ change: JobChange)
    /// Runs a body, and undoes its changes if it throws, so that the other calls of the transaction go on.
    func savepoint<Value>(_ body: () throws -> Value) throws -> Value
    /// Runs the body of one entry of a call. A driver for tests checks that a body that throws has changed nothing.
    func runEntry<Value>(_ body: () throws -> Value) throws -> Value
}

extension StoreTransaction {
    package func announceSettings() {}
    package func recordActivity() throws {}
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
