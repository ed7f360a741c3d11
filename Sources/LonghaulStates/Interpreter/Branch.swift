/// One line of states that follow one another: the execution itself, a branch of a Parallel state, or an iteration of
/// an inline map.
struct Branch: Sendable {
    /// The branch whose Parallel or Map state this branch belongs to; nil for the execution itself.
    let owner: Int?
    /// The index of the branch, or of the iteration.
    let index: Int
    /// The block that it runs.
    let block: Int
    /// The event that the next one follows.
    var lastEvent: Int
    /// The current state; nil before the first one.
    var state: Int?
    /// The event before the state was entered.
    var eventBeforeEntry = 0
    /// The event with which the state was entered.
    var entryEvent = 0
    /// The time at which the state was entered.
    var entryTime: Int64 = 0
    /// The state's input.
    var input: Payload
    /// Whether the input is that of the Parallel state around the branch, which is stored once for all branches.
    var sharesInput = false
    /// The variables that were assigned in the branch. Those of its owners are visible too.
    var variables: [String: StateValue] = [:]
    /// The number of retries by each retrier of the state; empty if there was none.
    var retries: [Int] = []
    /// What the branch waits for.
    var activity = Activity.none

    /// What a branch waits for.
    enum Activity: Sendable {
        /// Nothing: it is about to run.
        case none
        /// A task.
        case task(TaskRun)
        /// The timer of a Wait state.
        case wait(timer: Int)
        /// The timer of a retry.
        case retry(timer: Int)
        /// The branches of the state.
        case group
        /// A map run.
        case mapRun
        /// The execution has ended while the state was not over. A redrive runs the state again.
        case halted
    }

    init(owner: Int?, index: Int, block: Int, lastEvent: Int, input: Payload) {
        self.owner = owner
        self.index = index
        self.block = block
        self.lastEvent = lastEvent
        self.input = input
    }

    /// Whether the execution has ended while the state was not over.
    var isHalted: Bool {
        if case .halted = activity { return true }
        return false
    }

    /// The number of retries of the state.
    var retryCount: Int { retries.reduce(0, +) }

    /// The timers that the branch waits for.
    var timers: [Int] {
        switch activity {
        case .wait(let timer), .retry(let timer): [timer]
        case .task(let task): [task.timeoutTimer, task.heartbeatTimer].compactMap { $0 }
        default: []
        }
    }
}

/// A task of a branch.
struct TaskRun: Sendable {
    /// The task's number in its execution.
    let id: Int
    let limits: TaskLimits
    var isStarted = false
    var timeoutTimer: Int?
    var heartbeatTimer: Int?
    /// The time of the last sign of life.
    var lastHeartbeat: Int64 = 0
}
