/// State machines and their executions in a store.
///
/// An execution is a job of the kind ``JobSpec/executionKind``. A runner leases it, computes a step, and stores the step with
/// ``advance(_:_:)``. What happens to the execution while no runner holds it is stored as a report, which makes the job pending.
public protocol ExecutionStore: Sendable {
    /// The record of this key; nil if there is none.
    func record(_ key: RecordKey) async throws -> KeyedRecord?

    /// Records in the order of their names.
    func records(_ range: RecordRange) async throws -> [KeyedRecord]

    /// Writes records, and starts an execution, in one commit. Does neither if a condition does not hold.
    ///
    /// - Parameter execution: the job of the execution. The written records of no job are removed with it if
    ///   their values are not nil.
    /// - Throws: the error of the submission, for example `system_busy`.
    func write(_ writes: [RecordWrite], starting execution: Submission?) async throws -> RecordOutcome

    /// The snapshot and the reports of the execution that a token holds.
    ///
    /// - Parameter withParts: false if the runner has the snapshot in memory.
    func execution(_ token: LeaseToken, withParts: Bool) async throws -> ExecutionState

    /// Stores a step of the execution that a token holds.
    ///
    /// - Throws: `lease_lost`; `payload_too_large` if a child job is too large. Nothing is stored then.
    func advance(_ token: LeaseToken, _ advance: ExecutionAdvance) async throws -> AdvanceOutcome

    /// Sends a report to an execution.
    ///
    /// - Throws: `not_found` if there is no such execution; `conflict` if it has ended, or, for a redrive, if it has not ended or
    ///   has completed.
    func report(_ report: ExecutionReport, to id: JobID) async throws

    /// Sends a caller's report on a task.
    ///
    /// - Throws: `not_found` if there is no such execution or the secret is wrong; `conflict` if the task is over.
    func report(_ call: TaskCall) async throws
}
