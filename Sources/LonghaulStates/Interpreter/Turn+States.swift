internal import LonghaulJSON

extension Turn {
    /// Starts the execution.
    mutating func start() {
        let info = snapshot.info
        guard snapshot.header.lastEvent == 0 else { return }
        record(
            .executionStarted,
            .started(
                ExecutionStart(
                    input: info.input, roleARN: info.roleARN, versionARN: info.versionARN,
                    aliasARN: info.aliasARN)),
            after: 0)
        startTimeout()
        do {
            let input = try Payload(parsing: info.input)
            let branch = Branch(owner: nil, index: 0, block: info.block, lastEvent: 0, input: input)
            addBranch(branch)
        } catch {
            let cause = "The input is not valid JSON: \(error.message)"
            end(.failed(StateError(name: ErrorName.runtime, cause: cause)), after: 0)
        }
    }

    /// Starts the timer of the time limit of the machine, or of Express executions, whichever comes first.
    mutating func startTimeout() {
        let own = snapshot.info.block == 0 ? machine.timeoutSeconds : nil
        let express = snapshot.info.isExpress ? settings.maxExpressSeconds : nil
        guard let seconds = [own, express].compactMap({ $0 }).min() else { return }
        snapshot.header.timeoutTimer = startTimer(at: time + Int64(seconds) * 1000, for: -1)
    }

    /// Adds a branch, and enters its first state.
    @discardableResult
    mutating func addBranch(_ branch: Branch) -> Int {
        let id = snapshot.header.nextBranch
        snapshot.header.nextBranch += 1
        snapshot.branches[id] = branch
        snapshot.changed.formUnion([.branch(id), .header])
        ready.append(.begin(branch: id))
        return id
    }

    /// Enters a state, and begins its work.
    mutating func enter(_ branch: Int, state index: Int, input: Payload) {
        let state = machine.states[index]
        let previous = snapshot.branches[branch]?.lastEvent ?? 0
        let event = record(
            HistoryEventType.entered(state.kind), .entered(name: state.name, input: input.text),
            after: previous)
        let time = time
        update(branch) {
            $0.sharesInput = $0.sharesInput && $0.state == nil
            $0.state = index
            $0.eventBeforeEntry = previous
            $0.entryEvent = event
            $0.lastEvent = event
            $0.entryTime = time
            $0.input = input
            $0.retries = []
            $0.activity = .none
        }
        work(branch)
    }

    /// Does the work of a branch's state, for the first time or again.
    mutating func work(_ id: Int) {
        guard let branch = snapshot.branches[id], let index = branch.state else { return }
        let state = machine.states[index]
        let frame = StateFrame(id: id, branch: branch, state: state)
        do {
            switch state.kind {
            case .pass(let result): try runPass(frame, fixed: result)
            case .task(let task): try runTask(frame, task)
            case .choice(let choice): try runChoice(frame, choice)
            case .wait(let wait): try runWait(frame, wait)
            case .succeed: try exit(frame, data: try selectedInput(frame), next: nil)
            case .fail(let error, let cause): try runFail(frame, error: error, cause: cause)
            case .parallel(let blocks): try runParallel(frame, blocks)
            case .map(let map): try runMap(frame, map)
            }
        } catch {
            fail(id, error)
        }
    }

    private mutating func runPass(_ frame: StateFrame, fixed: StateValue?) throws(StateFailure) {
        guard frame.state.language == .jsonPath else { return try exit(frame, data: nil) }
        let data = frame.state.data
        if let fixed { return try exit(frame, data: fixed, isResult: true) }
        if data.inputPath == .whole, data.parameters == nil, data.resultPath == .replace {
            return try exit(frame, data: nil)
        }
        try exit(frame, data: try effectiveInput(frame), isResult: true)
    }

    private mutating func runFail(
        _ frame: StateFrame, error: TextField?, cause: TextField?
    ) throws(StateFailure) {
        var frame = frame
        if frame.state.language == .jsonPath { frame.input = try inputPathValue(frame) }
        let name = try text(error, "Error", frame)
        let cause = try text(cause, "Cause", frame)
        failBranch(frame.id, StateError(name: name, cause: cause), .work)
    }

    private mutating func runChoice(_ frame: StateFrame, _ choice: ChoiceState) throws(StateFailure) {
        var frame = frame
        if frame.state.language == .jsonPath { frame.input = try inputPathValue(frame) }
        for rule in choice.rules {
            guard try matches(rule, frame) else { continue }
            frame.rule = rule
            return try exit(frame, data: try selectedInput(frame), next: rule.next)
        }
        guard let fallback = choice.fallback else {
            throw .runtime("Failed to transition out of the state. The state does not point to a next state.")
        }
        try exit(frame, data: try selectedInput(frame), next: fallback)
    }

    private mutating func runWait(_ frame: StateFrame, _ wait: WaitState) throws(StateFailure) {
        var frame = frame
        if frame.state.language == .jsonPath { frame.input = try inputPathValue(frame) }
        let due = try waitEnd(wait, frame)
        guard due - time <= Turn.maxWait else { throw .runtime("Wait state delay is too long.") }
        let timer = startTimer(at: max(due, time), for: frame.id)
        update(frame.id) { $0.activity = .wait(timer: timer) }
    }

    /// Maximum time of a Wait state, in milliseconds.
    private static let maxWait = Int64(Int32.max) * 1000

    /// Leaves a Wait state whose time is over.
    mutating func finishWait(_ id: Int) {
        guard let branch = snapshot.branches[id], let index = branch.state else { return }
        update(id) { $0.activity = .none }
        let frame = StateFrame(id: id, branch: branch, state: machine.states[index])
        do {
            try exit(frame, data: try selectedInput(frame))
        } catch {
            fail(id, error)
        }
    }

    /// Leaves a state whose work has succeeded.
    mutating func finish(_ id: Int, result: StateValue) {
        guard let branch = snapshot.branches[id], let index = branch.state else { return }
        update(id) { $0.activity = .none }
        let frame = StateFrame(id: id, branch: branch, state: machine.states[index])
        do {
            try exit(frame, data: result, isResult: true)
        } catch {
            fail(id, error, isWorkDone: true)
        }
    }
}

extension HistoryEventType {
    /// The event of entering a state.
    static func entered(_ kind: StateKind) -> HistoryEventType {
        switch kind {
        case .pass: .passStateEntered
        case .task: .taskStateEntered
        case .choice: .choiceStateEntered
        case .wait: .waitStateEntered
        case .succeed: .succeedStateEntered
        case .fail: .failStateEntered
        case .parallel: .parallelStateEntered
        case .map: .mapStateEntered
        }
    }

    /// The event of leaving a state; nil for a Fail state, which is not left.
    static func exited(_ kind: StateKind) -> HistoryEventType? {
        switch kind {
        case .pass: .passStateExited
        case .task: .taskStateExited
        case .choice: .choiceStateExited
        case .wait: .waitStateExited
        case .succeed: .succeedStateExited
        case .fail: nil
        case .parallel: .parallelStateExited
        case .map: .mapStateExited
        }
    }

    /// The event of a state that ends because something around it has ended; nil for states that take no time.
    static func aborted(_ kind: StateKind) -> HistoryEventType? {
        switch kind {
        case .task: .taskStateAborted
        case .wait: .waitStateAborted
        case .parallel: .parallelStateAborted
        case .map: .mapStateAborted
        case .pass, .choice, .succeed, .fail: nil
        }
    }
}
