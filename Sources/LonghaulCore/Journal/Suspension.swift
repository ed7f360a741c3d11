/// The outcome of a worker's request to suspend its job.
public enum SuspendOutcome: Sendable, Hashable {
    /// The job is suspended, and its lease has ended.
    case suspended(Job)
    /// These operations have ended, so the lease continues.
    case ready([String])
}

/// An operation that a suspended job waits for.
public struct OperationWait: Sendable, Hashable {
    /// The identifier of the operation.
    public var id: String
    /// The type of the operation.
    public var type: OperationType
    /// The name of the operation.
    public var name: String
    /// When the wait ends at the latest; nil without a limit.
    public var until: Timestamp?
    /// The child job that it waits for.
    public var jobID: JobID?

    /// A wait for this operation.
    public init(
        id: String, type: OperationType, name: String, until: Timestamp? = nil, jobID: JobID? = nil
    ) {
        self.id = id
        self.type = type
        self.name = name
        self.until = until
        self.jobID = jobID
    }

    /// The maximum number of waits that a job shows.
    public static let maxShown = 10
    /// The maximum number of waits that ``JobStore/waitCounts()`` counts.
    public static let maxCounted = 100_000
}
