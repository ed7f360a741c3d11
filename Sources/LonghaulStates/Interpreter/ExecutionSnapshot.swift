/// All that the interpreter knows of an execution between two events.
///
/// A snapshot consists of parts, each under a key of its own. A step changes a few of them and reports these as
/// ``SnapshotChanges``, so that a map of many items does not write all of them after each event.
public struct ExecutionSnapshot: Sendable {
    /// What the execution was started with.
    public let info: ExecutionInfo
    /// The input of the execution; null if it is not valid.
    let executionInput: StateValue
    var header: Header
    /// The branches that have not ended, by their numbers. The execution itself is branch 0.
    var branches: [Int: Branch] = [:]
    /// The groups by the branches that wait for them.
    var groups: [Int: BranchGroup] = [:]
    /// The map runs by the branches that wait for them.
    var mapRuns: [Int: MapRun] = [:]
    /// The branches that wait for tasks, and for timers, by their numbers. Derived from the branches.
    var taskOwners: [Int: Int] = [:]
    var timerOwners: [Int: Int] = [:]
    /// The parts that the current step has changed.
    var changed: Set<SnapshotKey> = []

    /// The part that each step changes.
    struct Header: Sendable {
        var status = ExecutionStatus.running
        var lastEvent = 0
        var nextBranch = 0
        var nextTask = 1
        var nextTimer = 1
        var redriveCount = 0
        var redriveTime: Int64?
        /// The timer of the machine's time limit.
        var timeoutTimer: Int?
        /// What remains to be done after a step that was long enough.
        var ready: [Continuation] = []
        var output: Payload?
        var error: StateError?
    }

    /// The snapshot of an execution that has not started.
    public init(_ info: ExecutionInfo) {
        self.info = info
        executionInput = (try? StateValue(info.input)) ?? .null
        header = Header()
        changed = [.info, .header]
    }

    /// A snapshot of nothing, which a step puts in place of the one that it changes.
    package init(placeholder info: ExecutionInfo) {
        self.info = info
        executionInput = .null
        header = Header()
    }

    /// The execution's status.
    public var status: ExecutionStatus { header.status }

    /// The number of events recorded so far.
    public var eventCount: Int { header.lastEvent }

    /// The number of redrives.
    public var redriveCount: Int { header.redriveCount }

    /// The number of tasks that have not ended.
    public var openTaskCount: Int { taskOwners.count }

    /// Whether the interpreter has work without a further event.
    public var hasWork: Bool { !header.ready.isEmpty }
}

/// What the interpreter does next with a branch.
enum Continuation: Sendable {
    /// Enter the first state of the branch with the branch's input.
    case begin(branch: Int)
    /// Enter a state.
    case enter(branch: Int, state: Int, input: Payload)
    /// The work of the branch's state has succeeded.
    case succeed(branch: Int, result: StateValue)
    /// The work of the branch's state has failed.
    case fail(branch: Int, StateError, Cause)
    /// Do the work of the branch's state again.
    case run(branch: Int)
    /// Start iterations of a group, or children of a map run.
    case advance(branch: Int, after: Int)

    /// Where an error comes from, which decides who may catch it.
    enum Cause: String, Sendable {
        /// The task, or the states inside.
        case work
        /// A task that was late with its heartbeat.
        case heartbeat
        /// An expression of the state.
        case evaluation
        /// The language itself: nothing catches it, and it ends the execution.
        case terminal
    }

    var branch: Int {
        switch self {
        case .begin(let branch), .enter(let branch, _, _), .succeed(let branch, _),
            .fail(let branch, _, _), .run(let branch), .advance(let branch, _):
            branch
        }
    }
}

/// The name of a part of a snapshot.
enum SnapshotKey: Hashable, Sendable {
    case info
    case header
    case branch(Int)
    /// A group without its items and results.
    case group(Int)
    /// The items of a group, and what its item selector reads.
    case items(Int)
    case result(group: Int, index: Int)
    /// A map run without its items, children and results.
    case mapRun(Int)
    /// What the item selector of a map run reads.
    case mapInput(Int)
    /// A page of the items of a map run.
    case page(Int, Int)
    /// A child of a map run that has not succeeded.
    case child(Int, Int)
}
