/// A part of a journal, in the order of the operations.
public struct JournalPage: Sendable, Hashable {
    /// The operations.
    public var operations: [JournalOperation]
    /// The number after which the next page begins; nil at the end of the journal.
    public var next: Int64?

    /// A page of these operations.
    public init(operations: [JournalOperation] = [], next: Int64? = nil) {
        self.operations = operations
        self.next = next
    }

    /// The maximum number of operations in a lease.
    public static let leaseCount = 100
    /// The maximum number of operations in each following page that a worker reads.
    public static let followingCount = 500
    /// The maximum size of the operations of a page, in bytes. A page has at least one operation.
    public static let maxBytes: Int64 = 1 << 20
}

/// The limits of a journal.
public struct JournalLimits: Sendable, Hashable {
    /// The maximum number of operations of a journal.
    public var operations = 10_000
    /// The maximum size of a journal, in bytes.
    public var bytes: Int64 = 16 << 20
    /// The maximum number of operations that one transaction copies to the fork of a job, because other calls wait for it.
    package var copiedOperations = 500
    /// The maximum size of these operations, in bytes, if they have the mean size of the journal.
    package var copiedBytes: Int64 = 1 << 20
    /// The operations beyond the maximum that only the undoing of the job may use.
    package var operationsToUndo: Int { max(100, operations / 10) }
    /// The bytes beyond the maximum that only the undoing of the job may use.
    package var bytesToUndo: Int64 { max(64 << 10, bytes / 10) }
    /// The maximum size of the output of an operation, in bytes.
    public var outputBytes = 256 << 10
    /// The maximum number of signals of a job that no operation has consumed.
    public var keptSignals = 1000
    /// The maximum size of the signals of a job that no operation has consumed, in bytes.
    public var keptSignalBytes: Int64 = 4 << 20

    /// The defaults.
    public init() {}

    /// The maximum number of updates of one call.
    public static let updates = 1...250
    /// The maximum size of the updates of one call, in bytes.
    public static let updateBytes = 1 << 20
}
