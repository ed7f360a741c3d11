public import LonghaulJSON

/// A change of a journal that a worker asks for.
public struct OperationUpdate: Sendable, Hashable {
    /// What happens to the operation.
    public enum Action: String, Sendable, Hashable, CaseIterable {
        /// It starts. For an operation that exists, nothing happens.
        case start
        /// It succeeds with ``OperationUpdate/output``.
        case succeed
        /// It fails with ``OperationUpdate/error``.
        case fail
        /// A step failed with ``OperationUpdate/error``, and is tried again after ``Options/delaySeconds``.
        case retry
        /// It stops waiting. A child job is cancelled.
        case cancel
    }

    /// What a new operation waits for.
    public struct Options: Sendable, Hashable {
        /// The length of a timer, in seconds.
        public var seconds: Double?
        /// The end of a timer.
        public var until: Timestamp?
        /// How long an operation waits for its signal, in seconds; nil for no limit.
        public var timeoutSeconds: Double?
        /// The delay before the next attempt of a step, in seconds.
        public var delaySeconds: Double?
        /// With ``Action/retry``: the attempt that failed. Nothing happens if the step has had a later one, so that a repeated
        /// update does not count twice. Nil for the current attempt.
        public var attempt: Int?
        /// The child job of an operation of type ``OperationType/job``.
        public var job: NewJob?

        /// No options.
        public init() {}
    }

    /// The identifier of the operation.
    public var id: String
    /// The operation that it is a part of.
    public var parentID: String?
    /// The type of the operation.
    public var type: OperationType
    /// The name of the operation.
    public var name: String
    /// What happens.
    public var action: Action
    /// What the code passes to the operation.
    public var input: JSONText?
    /// The output, with ``Action/succeed``, and of a marker that starts.
    public var output: JSONText?
    /// The error, with ``Action/fail`` and ``Action/retry``.
    public var error: JobError?
    /// What a new operation waits for.
    public var options = Options()

    /// An update of this operation.
    public init(_ action: Action, _ type: OperationType, id: String, name: String) {
        self.action = action
        self.type = type
        self.id = id
        self.name = name
    }
}

/// An update of a journal as the engine passes it to the store: the child job has an ID, keys and a queue.
public struct StoreOperationUpdate: Sendable, Hashable {
    /// The update.
    public var update: OperationUpdate
    /// The child job of an operation of type ``OperationType/job`` that starts.
    public var submission: Submission?

    /// An update with this child job.
    public init(_ update: OperationUpdate, submission: Submission? = nil) {
        self.update = update
        self.submission = submission
    }

    /// The cost of storing it, in units of a small job without dependencies.
    package var weight: Int {
        let bytes = (update.input?.bytes.count ?? 0) + (update.output?.bytes.count ?? 0)
        return 1 + bytes / 4096 + (submission?.weight ?? 0)
    }
}
