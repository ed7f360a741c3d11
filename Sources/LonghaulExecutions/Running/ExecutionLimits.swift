/// Limits of executions; by default AWS's.
public struct ExecutionLimits: Sendable, Hashable {
    /// Maximum number of open executions of standard machines; nil for no limit besides that of the queue.
    public var openExecutions: Int?
    /// Maximum number of state transitions of this server in a second; nil for no limit. Executions beyond it wait.
    public var transitionsPerSecond: Double?
    /// Maximum number of events in the history of an execution.
    public var historyEvents = 25_000
    /// Maximum size of inputs and outputs, in bytes.
    public var dataBytes = 262_144
    /// Maximum size of the state of an execution, in bytes: the inputs, variables and results of all its branches.
    public var stateBytes = 32 << 20
    /// Maximum number of Express executions at the same time.
    public var expressExecutions = 1000
    /// Maximum time of an Express execution, in seconds.
    public var expressSeconds = 300
    /// Maximum number of executions that this server advances at the same time.
    public var runningExecutions = 64
    /// Maximum number of HTTP requests of tasks that this server sends at the same time.
    public var requests = 256
    /// Maximum number of executions that one page of a list reads. A filter that matches few of them gets shorter pages.
    public var readsPerPage = 1000
    /// The estimated maximum size of the states of executions that this server keeps in memory, in bytes.
    public var cachedBytes = 16 << 20

    /// AWS's limits.
    public init() {}
}
