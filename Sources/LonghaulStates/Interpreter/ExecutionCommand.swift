public import LonghaulJSON

/// What the server does for an execution, in the commit that stores the history and the snapshot.
public enum ExecutionCommand: Sendable, Hashable {
    /// Start a task.
    case startTask(TaskStart)
    /// Stop a task. Later reports on it change nothing.
    case cancelTask(id: Int)
    /// Send a timer event at a time, in milliseconds since 1970.
    case startTimer(id: Int, time: Int64)
    /// Drop a timer.
    case cancelTimer(id: Int)
    /// Start a map run.
    case startMapRun(MapRunStart)
    /// Read the items of a map run, and report them.
    case readItems(ItemRead)
    /// Start child executions of a map run.
    case startChildren(mapRun: Int, [ChildStart])
    /// Write the results of a map run, and report where they are.
    case writeResults(ResultWrite)
    /// Stop the children of a map run that have not ended.
    case cancelMapRun(id: Int)
    /// Redrive the children of a map run that have not succeeded.
    case redriveMapRun(id: Int)
    /// A map run has ended.
    case endMapRun(id: Int, ExecutionStatus)
    /// Call the interpreter again, without events: the step was long enough.
    case proceed
    /// The execution has ended.
    case end(ExecutionEnd)
}

/// A task to start.
public struct TaskStart: Sendable, Hashable {
    /// The task's number in its execution.
    public let id: Int
    /// The name of the state.
    public let state: String
    /// The work.
    public let resource: TaskResource
    /// The input, or the parameters of the service.
    public let parameters: JSONText
    /// The token with which callers report on the task; nil if the task does not wait for a caller.
    public let token: String?
    /// The time limits and the role. The interpreter keeps the limits by timers of its own.
    public let limits: TaskLimits
    /// The number of retries before.
    public let retryCount: Int
}

/// A map run to start.
public struct MapRunStart: Sendable, Hashable {
    /// The map run's number in its execution.
    public let id: Int
    /// The ARN.
    public let arn: String
    /// The name of the state.
    public let state: String
    /// The block of the definition that the children run.
    public let block: Int
    /// Whether the children are Express executions.
    public let isExpress: Bool
    /// Maximum number of children at the same time; 0 for no limit.
    public let maxConcurrency: Int
    /// How many items may fail.
    public let toleratedCount: Int
    /// What part of the items may fail, in percent.
    public let toleratedPercentage: Double
}

/// Items to read.
public struct ItemRead: Sendable, Hashable {
    /// The map run.
    public let mapRun: Int
    /// The source: `arn:aws:states:::s3:getObject`.
    public let resource: String
    /// The parameters of the source.
    public let parameters: JSONText
    /// The form of the data.
    public let format: ItemFormat
    /// Maximum number of items; nil for all.
    public let maxItems: Int?
}

/// A child execution to start.
public struct ChildStart: Sendable, Hashable {
    /// The index of the child.
    public let index: Int
    /// The name of the execution.
    public let name: String
    /// The input.
    public let input: JSONText
}

/// Results to write.
public struct ResultWrite: Sendable, Hashable {
    /// The map run.
    public let mapRun: Int
    /// The destination: `arn:aws:states:::s3:putObject`.
    public let resource: String
    /// The parameters of the destination.
    public let parameters: JSONText
    /// `NONE`, `COMPACT` or `FLATTEN`; nil for the default.
    public let transformation: String?
    /// `JSON` or `JSONL`; nil for the default.
    public let outputType: String?
}

/// How an execution has ended.
public enum ExecutionEnd: Sendable, Hashable {
    /// With an output.
    case succeeded(output: JSONText)
    /// With an error.
    case failed(StateError)
    /// A caller stopped it.
    case aborted(StateError)
    /// It took too long.
    case timedOut(StateError)

    /// The execution's status.
    public var status: ExecutionStatus {
        switch self {
        case .succeeded: .succeeded
        case .failed: .failed
        case .aborted: .aborted
        case .timedOut: .timedOut
        }
    }
}
