internal import LonghaulJSON
import LonghaulJSONata

/// One step of the interpreter: the snapshot while it changes, and what the step has recorded and commanded so far.
struct Turn {
    let machine: StateMachine
    let settings: InterpreterSettings
    let time: Int64
    var random: SeededRandom
    var snapshot: ExecutionSnapshot
    var history: [HistoryEvent] = []
    var commands: [ExecutionCommand] = []
    /// The context object of a test of a single state, in place of the one of the execution.
    var fixedContext: StateValue?
    /// What remains to be done. Those that are done stay before ``readyStart``.
    var ready: [Continuation] = []
    private var readyStart = 0
    /// The size of the data of ``history``, and of the children that the step starts, in bytes.
    var recordedBytes = 0
    /// The size of a child beside its input.
    static let childBytes = 1024
    /// When the step is long enough, by the clock of the settings; nil for never.
    private let deadline: Double?

    /// A step. The caller puts the snapshot in afterwards, so that it is never copied.
    init(machine: StateMachine, settings: InterpreterSettings, info: ExecutionInfo, moment: EventMoment) {
        self.machine = machine
        self.settings = settings
        time = moment.time
        random = SeededRandom(seed: moment.seed)
        snapshot = ExecutionSnapshot(placeholder: info)
        deadline = settings.steadySeconds.map { $0() + settings.maxSecondsPerStep }
    }

    /// Runs what is ready until nothing is, or the step is long enough.
    mutating func runUntilItWaits() {
        if !snapshot.header.ready.isEmpty {
            ready = snapshot.header.ready + ready
            snapshot.header.ready = []
            snapshot.changed.insert(.header)
        }
        while readyStart < ready.count, snapshot.header.status == .running {
            guard !isLongEnough else { break }
            guard !isHistoryFull() else { break }
            let continuation = ready[readyStart]
            readyStart += 1
            run(continuation)
        }
        if snapshot.header.status == .running, readyStart < ready.count {
            snapshot.header.ready = Array(ready[readyStart...])
            snapshot.changed.insert(.header)
            commands.append(.proceed)
        }
    }

    /// Whether the rest belongs in another step.
    var isLongEnough: Bool {
        if history.count >= settings.maxEventsPerStep || recordedBytes >= settings.maxBytesPerStep {
            return true
        }
        // A step does some work in any case.
        guard readyStart > 0, let deadline, let now = settings.steadySeconds?() else { return false }
        return now >= deadline
    }

    /// Ends the execution if it has as many events as it may have.
    private mutating func isHistoryFull() -> Bool {
        guard let limit = settings.maxHistoryEvents, snapshot.header.lastEvent >= limit - 1 else {
            return false
        }
        let cause = "The execution reached the maximum number of history events (\(limit))."
        end(.failed(StateError(name: ErrorName.runtime, cause: cause)), after: snapshot.header.lastEvent)
        return true
    }

    private mutating func run(_ continuation: Continuation) {
        // The branch may have been stopped since.
        guard let branch = snapshot.branches[continuation.branch], !branch.isHalted else { return }
        switch continuation {
        case .begin(let id): enter(id, state: machine.blocks[branch.block].start, input: branch.input)
        case .enter(let branch, let state, let input): enter(branch, state: state, input: input)
        case .succeed(let branch, let result): finish(branch, result: result)
        case .fail(let branch, let error, let cause): failState(branch, error, cause)
        case .run(let branch): work(branch)
        case .advance(let branch, let after): advance(branch, after: after)
        }
    }

    /// Handles an event: records it, and lines up what follows.
    mutating func handle(_ event: ExecutionEvent) {
        switch event {
        case .started: start()
        case .redriven: redrive()
        default:
            guard snapshot.header.status == .running else { return }
            switch event {
            case .task(let id, let report): handleTask(id, report)
            case .timer(let id): handleTimer(id)
            case .mapRun(let id, let report): handleMapRun(id, report)
            case .aborted(let error): end(.aborted(error), after: 0)
            case .failed(let error): end(.failed(error), after: snapshot.header.lastEvent)
            default: break
            }
        }
    }

    // MARK: - Recording

    /// Appends an event to the history.
    @discardableResult
    mutating func record(
        _ type: HistoryEventType, _ details: HistoryDetails? = nil, after previous: Int
    ) -> Int {
        snapshot.header.lastEvent += 1
        snapshot.changed.insert(.header)
        let id = snapshot.header.lastEvent
        recordedBytes += details?.dataBytes ?? 0
        history.append(
            HistoryEvent(id: id, previousID: previous, time: time, type: type, details: details))
        return id
    }

    /// Appends an event that follows the last one of a branch.
    mutating func record(_ type: HistoryEventType, _ details: HistoryDetails? = nil, in branch: Int) {
        let id = record(type, details, after: snapshot.branches[branch]?.lastEvent ?? 0)
        update(branch) { $0.lastEvent = id }
    }

    /// Changes a branch.
    mutating func update(_ branch: Int, _ change: (inout Branch) -> Void) {
        guard let index = snapshot.branches.index(forKey: branch) else { return }
        change(&snapshot.branches.values[index])
        snapshot.changed.insert(.branch(branch))
    }

    // MARK: - Timers

    mutating func startTimer(at time: Int64, for branch: Int) -> Int {
        let id = snapshot.header.nextTimer
        snapshot.header.nextTimer += 1
        snapshot.changed.insert(.header)
        snapshot.timerOwners[id] = branch
        commands.append(.startTimer(id: id, time: time))
        return id
    }

    mutating func cancelTimer(_ id: Int?) {
        guard let id, snapshot.timerOwners.removeValue(forKey: id) != nil else { return }
        commands.append(.cancelTimer(id: id))
    }

    private mutating func handleTimer(_ id: Int) {
        if id == snapshot.header.timeoutTimer { return end(.timedOut(.timeout), after: 0) }
        guard let branch = snapshot.timerOwners.removeValue(forKey: id) else { return }
        switch snapshot.branches[branch]?.activity {
        case .wait: finishWait(branch)
        case .retry:
            update(branch) { $0.activity = .none }
            ready.append(.run(branch: branch))
        case .task(let task): handleTaskTimer(id, task, branch)
        default: break
        }
    }
}
