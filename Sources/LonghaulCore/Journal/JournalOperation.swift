public import LonghaulJSON

/// An operation of a durable job, as its journal records it.
///
/// A journal is the append-only list of a job's operations. Code that runs again receives the recorded outcome of each
/// operation that has ended, and continues from there.
public struct JournalOperation: Sendable, Hashable {
    /// The identifier that the code gave it: 1–64 characters, unique in the journal.
    public var id: String
    /// The operation that it is a part of: a group, for example.
    public var parentID: String?
    /// What it does.
    public var type: OperationType
    /// Its name, for people and for the check that code replays as it ran; 1–200 characters.
    public var name: String
    /// Its status.
    public var status: OperationStatus
    /// The number of its latest attempt; more than 1 for a step that was retried.
    public var attempt = 1
    /// What the code passed to it: any JSON value; nil if it recorded none.
    public var input: JSONText?
    /// Its outcome: any JSON value; nil before it has succeeded.
    public var output: JSONText?
    /// The error of its latest attempt, or the one with which it ended.
    public var error: JobError?
    /// The child job of an operation of type ``OperationType/job``.
    public var jobID: JobID?
    /// While it waits: when a timer ends, when a retry of a step is due, or when a signal stops waiting; nil without such
    /// a time. Kept when it has ended.
    public var until: Timestamp?
    /// When it started.
    public var startedAt: Timestamp
    /// When it ended; nil while it has not.
    public var endedAt: Timestamp?

    /// Its position in the journal, from 1.
    public var number: Int64
    /// The random number in the ``SignalToken`` of an operation that waits for a signal; 0 for all others.
    public var secret: UInt64 = 0

    /// An operation that starts now.
    public init(
        id: String, type: OperationType, name: String, status: OperationStatus, startedAt: Timestamp,
        number: Int64
    ) {
        self.id = id
        self.type = type
        self.name = name
        self.status = status
        self.startedAt = startedAt
        self.number = number
    }

    /// The error type of a step that the code has cancelled. A restart before that lets the step run again.
    package static let stepCancelled = "step_cancelled"

    /// The size of its texts, in bytes, as it counts towards ``JournalLimits/bytes``.
    public var weight: Int64 {
        let error = error.map { $0.message.utf8.count + ($0.details?.bytes.count ?? 0) } ?? 0
        return Int64(
            id.utf8.count + name.utf8.count + (input?.bytes.count ?? 0) + (output?.bytes.count ?? 0) + error)
    }
}

/// What an operation does.
public enum OperationType: String, Sendable, Hashable, CaseIterable {
    /// Work of the worker, whose output is recorded once.
    case step
    /// A wait until a time.
    case timer
    /// A wait for a signal of the operation's name.
    case signal
    /// A child job and its result.
    case job
    /// A scope of operations that run side by side.
    case group
    /// A value that must be the same at each replay: a time, a random number, a version of the code.
    case marker
}

/// The status of an operation.
public enum OperationStatus: String, Sendable, Hashable, CaseIterable {
    /// The worker runs it.
    case started
    /// It waits for a time, a signal or a child job.
    case waiting
    /// It has an output. Final.
    case succeeded
    /// It has an error. Final.
    case failed
    /// It was cancelled. Final.
    case cancelled

    /// Whether the operation has ended. It never changes again.
    public var isFinal: Bool {
        switch self {
        case .succeeded, .failed, .cancelled: true
        case .started, .waiting: false
        }
    }
}

/// An end of an operation, as the metrics count it.
package struct OperationEnd: Sendable, Hashable {
    /// The type of the operation.
    package var type: OperationType
    /// The status with which it has ended.
    package var status: OperationStatus

    package init(_ type: OperationType, _ status: OperationStatus) {
        self.type = type
        self.status = status
    }
}
