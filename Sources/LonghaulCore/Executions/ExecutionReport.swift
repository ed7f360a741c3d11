public import LonghaulJSON

/// A message to an execution. It wakes the execution's job, and the runner handles it.
public enum ExecutionReport: Sendable, Hashable {
    /// A child job has ended.
    case childEnded(ChildEnd)
    /// A caller reports on a task. The value is the caller's affair and the runner's.
    case task(String, JSONText)
    /// A caller stops the execution.
    case stop(error: String?, cause: String?)
    /// A caller redrives the execution, which has ended.
    case redrive
}

/// The end of a child job of an execution.
public struct ChildEnd: Sendable, Hashable {
    /// The task: ``Submission/parentOperation`` of the child.
    public var task: String
    /// The child.
    public var jobID: JobID
    /// Its state.
    public var state: JobState
    /// Its result.
    public var result: JSONText?
    /// Its error.
    public var error: JobError?
    /// The worker of its latest attempt.
    public var worker: String?
    /// When its latest attempt began.
    public var startedAt: Timestamp?
    /// When it ended.
    public var endedAt: Timestamp

    /// An end.
    public init(task: String, jobID: JobID, state: JobState, endedAt: Timestamp) {
        self.task = task
        self.jobID = jobID
        self.state = state
        self.endedAt = endedAt
    }
}

/// A report on an open task by a caller who has its secret.
public struct TaskCall: Sendable, Hashable {
    /// The job of the execution.
    public var jobID: JobID
    /// The task.
    public var task: String
    /// The secret that the caller knows. It must equal the member `secret` of the task's record.
    public var secret: String
    /// What the runner receives.
    public var value: JSONText
    /// Whether the task is over with this report, so that later ones are refused.
    public var isFinal: Bool

    /// A report.
    public init(jobID: JobID, task: String, secret: String, value: JSONText, isFinal: Bool) {
        self.jobID = jobID
        self.task = task
        self.secret = secret
        self.value = value
        self.isFinal = isFinal
    }
}
