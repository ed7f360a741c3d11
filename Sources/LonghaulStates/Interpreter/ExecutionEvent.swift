public import LonghaulJSON

/// What happens to an execution.
public enum ExecutionEvent: Sendable {
    /// The execution starts. The first event.
    case started
    /// A worker reports on a task.
    case task(id: Int, TaskReport)
    /// A timer has fired.
    case timer(id: Int)
    /// The server reports on a map run.
    case mapRun(id: Int, MapRunReport)
    /// A caller stops the execution.
    case aborted(StateError)
    /// The server ends the execution, which has reached a limit.
    case failed(StateError)
    /// A caller redrives the execution, which has failed.
    case redriven
}

/// What a worker or a caller reports on a task.
public enum TaskReport: Sendable {
    /// A worker has begun.
    case started(worker: String?)
    /// The service has accepted the job, or has the task token. The output is the service's answer.
    case submitted(output: JSONText)
    /// The worker lives.
    case heartbeat
    /// The task has succeeded.
    case succeeded(output: JSONText)
    /// The task has failed.
    case failed(StateError)
    /// The task has not begun within its limits, or the worker has found that it took too long.
    case timedOut
    /// The task could not be scheduled: a function that is not there.
    case scheduleFailed(StateError)
    /// The task could not be started.
    case startFailed(StateError)
    /// The service has refused the job.
    case submitFailed(StateError)
}

/// What the server reports on a map run.
public enum MapRunReport: Sendable {
    /// Items that the reader has read, in their order.
    case items([StateValue], isLast: Bool)
    /// The reader has failed.
    case readFailed(cause: String)
    /// A child execution has ended.
    case childEnded(index: Int, ChildResult)
    /// The results are written. The details go into the state's output.
    case resultsWritten(details: StateValue)
    /// The writer has failed.
    case writeFailed(cause: String)
    /// A caller changes the settings.
    case updated(MapRunUpdate)
}

/// New settings of a map run that runs; nil for those that stay.
public struct MapRunUpdate: Sendable, Hashable {
    /// Maximum number of children at the same time; 0 for no limit.
    public var maxConcurrency: Int?
    /// How many items may fail.
    public var toleratedCount: Int?
    /// What part of the items may fail, in percent.
    public var toleratedPercentage: Double?

    /// New settings.
    public init(maxConcurrency: Int? = nil, toleratedCount: Int? = nil, toleratedPercentage: Double? = nil) {
        self.maxConcurrency = maxConcurrency
        self.toleratedCount = toleratedCount
        self.toleratedPercentage = toleratedPercentage
    }
}

/// How a child execution of a map run has ended.
public enum ChildResult: Sendable {
    /// It has succeeded with this output.
    case succeeded(output: JSONText)
    /// It has failed.
    case failed
    /// It took too long.
    case timedOut
    /// It was stopped.
    case aborted
}

/// When events happen, and the randomness that the interpreter may use.
public struct EventMoment: Sendable {
    /// The time, in milliseconds since 1970.
    public var time: Int64
    /// A random number, a new one for each call.
    public var seed: UInt64

    /// A moment.
    public init(time: Int64, seed: UInt64) {
        self.time = time
        self.seed = seed
    }
}
