public import LonghaulJSON

/// A job: its specification, its state and its result.
public struct Job: Sendable, Hashable {
    /// The ID.
    public var id: JobID
    /// The specification. Fields that only control the submission (keys, references within a batch) are not part of it.
    public var spec: JobSpec
    /// The state.
    public var state: JobState
    /// The number of changes so far. It increases with every change.
    public var version: Int
    /// The name of the API key that submitted the job, or `anonymous`.
    public var caller: String
    /// The jobs that it depends on.
    public var dependsOn: [JobID] = []
    /// The parent: the job whose completion submitted it, or which it was submitted for.
    public var parentID: JobID?
    /// The results of the jobs in `dependsOn`, in their order, without removed jobs. Set only in the answers about one
    /// job and in leases, like `ancestors` and `children`. The leases of executions leave these out.
    public var dependencies: [RelatedJob] = []
    /// The results of earlier steps, the nearest first: the parent, its parent, and what these and the job's
    /// dependencies depended on.
    public var ancestors: [RelatedJob] = []
    /// Its children, the oldest first; at most ``RelatedJob/maxChildren``.
    public var children: [JobID] = []
    /// The number of its children.
    public var childrenCount = 0

    /// The number of its latest attempt, 0 before the first. A release decreases it.
    public var attempt = 0
    /// When it was submitted.
    public var createdAt: Timestamp
    /// When it is due.
    public var runAt: Timestamp
    /// When its latest attempt began.
    public var startedAt: Timestamp?
    /// When it ended.
    public var finishedAt: Timestamp?
    /// The worker of its latest attempt.
    public var worker: WorkerRef?
    /// The progress of the latest attempt.
    public var progress: Progress?

    /// The result of a completed job: any JSON value.
    public var result: JSONText?
    /// The error of the job, or of its latest attempt.
    public var error: JobError?
    /// The fingerprint of the error, for dead letters. See ``ErrorFingerprint``.
    public var fingerprint: String?
    /// The files of the completed attempt.
    public var artifacts: [Artifact] = []
    /// Its attempts, the oldest first.
    public var attempts: [Attempt] = []

    /// Whether an operator, or a difference between its code and its journal, has paused it: no worker receives it.
    public var isPaused = false
    /// While it is suspended: the first of the operations that it waits for, at most ``OperationWait/maxShown``.
    public var waitsFor: [OperationWait] = []
    /// The number of operations in its journal.
    public var operationCount = 0
    /// Whether it was cancelled and is still running its compensations.
    public var isCancelling = false

    /// The number of jobs before it in the queue, while it is pending; nil if it was not requested.
    public var position: Int?
    /// The estimated start, from the measured drain rate; nil if unknown.
    public var estimatedStartAt: Timestamp?

    /// A job immediately after its submission.
    public init(
        id: JobID, spec: JobSpec, state: JobState, version: Int = 1, caller: String, createdAt: Timestamp,
        runAt: Timestamp
    ) {
        self.id = id
        self.spec = spec
        self.state = state
        self.version = version
        self.caller = caller
        self.createdAt = createdAt
        self.runAt = runAt
    }
}

/// The worker of a job.
public struct WorkerRef: Sendable, Hashable {
    /// The ID of the worker.
    public var id: String
    /// The name of the worker, for people.
    public var name: String

    /// A reference to the worker with this ID and name.
    public init(id: String, name: String) {
        self.id = id
        self.name = name
    }
}
