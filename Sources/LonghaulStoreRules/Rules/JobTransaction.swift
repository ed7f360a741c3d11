package import LonghaulCore
package import LonghaulJSON

/// A transaction of an SQL store, as the rules of a job's life see it.
///
/// A driver says here how rows are found and kept; what becomes of jobs stands once, in this type's extensions. It
/// lives on the thread that writes. Rows are concrete, so that the rules cost no driver anything.
package protocol JobTransaction: AnyObject {
    /// The moment at which everything in the transaction happens.
    var now: Timestamp { get }
    /// The clock of leases. It need not show the same time as `now`, where that may step.
    var leaseClock: LeaseClock { get }
    var random: any RandomSource { get }
    /// How long ended jobs are kept that did not say so themselves.
    var retention: Retention { get }

    // MARK: Rows

    /// Says that these jobs will be looked at, so that a driver can fetch them together.
    func fetch(_ ids: [JobID]) throws
    /// The job's row, as the transaction has it; nil if there is none.
    func row(_ id: JobID) throws -> JobRow?
    /// The row of a job that the same call stores, if it has come to it.
    func rowOfSameCall(_ id: JobID) throws -> JobRow?
    /// A row for a new job.
    ///
    /// - Throws: `conflict` if there is a job of this identifier.
    func makeRow(of job: Job) throws -> JobRow
    /// Gives a row whose job is pending its place among the pending.
    ///
    /// - Parameter isLate: whether it became pending later than it was submitted.
    func line(up row: inout JobRow, isLate: Bool) throws
    /// Keeps a new row with what belongs to it.
    func insert(_ row: JobRow, fault: FaultRow?) throws
    /// Keeps a row whose job has gone from a state to another, with the fault that came with it. A dead letter
    /// has a fingerprint; no other job has.
    func keep(_ row: JobRow, movedFrom previous: JobState, fault: FaultRow?) throws
    /// Keeps a row that has changed otherwise.
    func save(_ row: JobRow) throws
    /// Keeps the end of a lease that was renewed, and the progress.
    func keepRenewed(_ row: JobRow) throws
    /// Notes that a job has children.
    func markParent(_ row: JobRow) throws
    /// Removes an ended job with all that belongs to it.
    func remove(_ row: JobRow) throws

    // MARK: What belongs to rows

    /// Every fault of a job, oldest first.
    func faults(of row: JobRow) throws -> [FaultRow]
    /// What a dead letter has in common with others.
    func fingerprint(of row: JobRow) throws -> String?
    /// The job of a row, with what lies in other tables.
    func job(_ row: JobRow) throws -> Job
    /// The job of a row with all that belongs to it, and what came of those around it.
    func family(of row: JobRow) throws -> Job
    /// What came of the jobs that a job waited for, as its result.
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

    /// Says that these keys will be looked at, so that a driver can fetch them together.
    func fetch(keys: [SubmissionKey]) throws
    /// What is kept of a key.
    func storedKey(_ key: SubmissionKey) throws -> StoredKey?
    /// Keeps what a key stands for from now on.
    func keep(_ stored: StoredKey, for key: SubmissionKey, of row: JobRow) throws

    // MARK: Queues, workers, schedules

    /// Counts a job from one state to another; nil stands for a job that is not there.
    func count(_ spec: JobSpec, from previous: JobState?, to state: JobState?)
    /// Throws `system_busy` if a queue has no room for a further job of this state.
    func checkRoom(for state: JobState, in queue: String) throws
    /// How many further jobs of a queue may be given out.
    func room(in queue: String) throws -> Int
    /// Takes what a queue's rate limit asks for a job that starts.
    func takeToken(of queue: String) throws
    /// Notes that a worker asks for work.
    func note(_ request: LeaseRequest) throws
    /// Notes a sign of life of a worker.
    func note(heartbeatOf worker: String) throws
    /// The schedule of this name; nil if there is none.
    func schedule(_ name: String) throws -> ScheduleRecord?
    /// Keeps a schedule.
    func save(_ record: ScheduleRecord) throws

    // MARK: Telling and undoing

    /// Adds what is to be told after the commit.
    func tell(_ change: JobChange)
    /// Runs a body whose changes are undone as one if it throws, so that its fault stays its own.
    func undoable<Value>(_ body: () throws -> Value) throws -> Value
}

extension JobTransaction {
    /// The answer of each element, in order; the refusal of one is its own.
    package func each<Element, Value>(
        _ elements: [Element], _ body: (Element) throws -> Value
    ) throws -> [Result<Value, LonghaulError>] {
        try elements.map { element in
            do {
                return .success(try body(element))
            } catch let error as LonghaulError {
                return .failure(error)
            }
        }
    }
}
