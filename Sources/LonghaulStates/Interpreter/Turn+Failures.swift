extension Turn {
    /// Handles a state that cannot be evaluated.
    ///
    /// - Parameter isWorkDone: whether the work of the state has succeeded before.
    mutating func fail(_ id: Int, _ failure: StateFailure, isWorkDone: Bool = false) {
        guard let branch = snapshot.branches[id], let index = branch.state else { return }
        let state = machine.states[index]
        let cause =
            failure.error == ErrorName.dataLimitExceeded
            ? failure.message : failure.cause(state: state.name, eventID: branch.entryEvent)
        let error = StateError(name: failure.error, cause: cause)
        switch failure.error {
        case ErrorName.dataLimitExceeded, ErrorName.runtime:
            failState(id, error, .terminal, isWorkDone: isWorkDone)
        case ErrorName.queryEvaluation:
            recordEvaluation(id, branch, state, error, failure)
            failState(id, error, .evaluation, isWorkDone: isWorkDone)
        default: failState(id, error, .evaluation, isWorkDone: isWorkDone)
        }
    }

    /// Records that an expression has failed.
    ///
    /// If the state has done nothing yet, the event follows the one before the state's entry, as on AWS. A timestamp
    /// that cannot be parsed follows the entry.
    private mutating func recordEvaluation(
        _ id: Int, _ branch: Branch, _ state: State, _ error: StateError, _ failure: StateFailure
    ) {
        var previous = branch.lastEvent
        if previous == branch.entryEvent, !failure.followsEntry { previous = branch.eventBeforeEntry }
        let details = HistoryDetails.evaluation(error, location: failure.location, state: state.name)
        let event = record(.evaluationFailed, details, after: previous)
        update(id) { $0.lastEvent = event }
    }

    /// Retries a state whose work has failed, catches the error, or fails the branch.
    ///
    /// An error of the language itself ends the execution at once, wherever it occurs.
    mutating func failState(
        _ id: Int, _ error: StateError, _ cause: Continuation.Cause, isWorkDone: Bool = false
    ) {
        guard let branch = snapshot.branches[id], let index = branch.state else { return }
        let state = machine.states[index]
        guard cause != .terminal else { return end(.failed(error), after: branch.lastEvent) }
        let pattern = ErrorPattern(error: error, cause: cause, state: state)
        if retry(id, branch, state, pattern) { return }
        if !isWorkDone {
            switch state.kind {
            case .map: record(.mapStateFailed, in: id)
            case .parallel: record(.parallelStateFailed, in: id)
            default: break
            }
        }
        if let catcher = state.catchers.first(where: { pattern.matches($0.errors) }) {
            dropGroup(id)
            return handle(error, by: catcher, StateFrame(id: id, branch: branch, state: state))
        }
        failBranch(id, error, cause)
    }

    /// Waits for the next attempt, if a retrier allows one.
    private mutating func retry(
        _ id: Int, _ branch: Branch, _ state: State, _ pattern: ErrorPattern
    ) -> Bool {
        guard let index = state.retriers.firstIndex(where: { pattern.matches($0.errors) }) else {
            return false
        }
        let retrier = state.retriers[index]
        let count = branch.retries.isEmpty ? 0 : branch.retries[index]
        guard count < retrier.maxAttempts else { return false }
        dropGroup(id)
        let delay = delay(before: count, retrier)
        let timer = startTimer(at: time + Int64((delay * 1000).rounded()), for: id)
        update(id) {
            if $0.retries.isEmpty { $0.retries = Array(repeating: 0, count: state.retriers.count) }
            $0.retries[index] += 1
            $0.activity = .retry(timer: timer)
        }
        return true
    }

    /// The delay before a retry, in seconds.
    private mutating func delay(before count: Int, _ retrier: Retrier) -> Double {
        let delay = retrier.delay(before: count)
        guard retrier.hasFullJitter, delay > 0 else { return delay }
        return Double.random(in: 0...delay, using: &random)
    }

    /// Continues at a catcher's state.
    private mutating func handle(_ error: StateError, by catcher: Catcher, _ frame: StateFrame) {
        do {
            let caught = try caught(error, by: catcher, frame)
            update(frame.id) { $0.activity = .none }
            try leave(frame, output: Payload(caught.output), caught.assigned, next: catcher.next)
        } catch {
            failCatcher(frame, error)
        }
    }

    /// The output and the variables of a catcher.
    func caught(
        _ error: StateError, by catcher: Catcher, _ frame: StateFrame
    ) throws(StateFailure) -> (output: StateValue, assigned: [(String, StateValue)]) {
        let data = StateValue.members([
            ("Error", .string(error.name ?? "")), ("Cause", .string(error.cause ?? "")),
        ])
        guard frame.isJSONata else {
            let output = try merge(data, catcher.resultPath, into: frame.branch.input.value)
            return (output, try variables(catcher.assign, frame, data: data))
        }
        let output = try catcher.output.map { template throws(StateFailure) in
            try evaluate(template, frame, errorOutput: data)
        }
        return (output ?? data, try variables(catcher.assign, frame, errorOutput: data))
    }

    /// Fails the branch whose catcher cannot be evaluated. Nothing catches that in the same state.
    private mutating func failCatcher(_ frame: StateFrame, _ failure: StateFailure) {
        guard let branch = snapshot.branches[frame.id] else { return }
        let isTooLarge = failure.error == ErrorName.dataLimitExceeded
        let cause =
            isTooLarge
            ? failure.message : failure.cause(state: frame.state.name, eventID: branch.entryEvent)
        let error = StateError(name: failure.error, cause: cause)
        let isQuery = failure.error == ErrorName.queryEvaluation
        if isQuery { recordEvaluation(frame.id, branch, frame.state, error, failure) }
        failBranch(frame.id, error, isQuery ? .evaluation : .terminal)
    }

    /// Fails a branch, and the state that it belongs to.
    mutating func failBranch(_ id: Int, _ error: StateError, _ cause: Continuation.Cause) {
        guard let branch = snapshot.branches[id] else { return }
        update(id) { $0.activity = .halted }
        guard cause != .terminal, let owner = branch.owner else {
            return end(.failed(error), after: branch.lastEvent)
        }
        let event = branch.lastEvent
        if let details = iterationDetails(branch, owner) {
            record(.mapIterationFailed, details, after: event)
        }
        if let index = branch.state {
            switch machine.states[index].kind {
            case .task: record(.taskStateAborted, after: event)
            case .wait: record(.waitStateAborted, after: event)
            default: break
            }
        }
        abortBranches(of: owner, after: event, except: id)
        update(owner) { $0.lastEvent = event }
        failState(owner, error, .work)
    }
}

extension StateFailure {
    /// Whether the event of the failure follows the entry of the state.
    fileprivate var followsEntry: Bool { location == "Timestamp" && message.hasPrefix("The Timestamp field") }
}

/// Matches an error with the names that a retrier or a catcher has.
struct ErrorPattern {
    let error: StateError
    let cause: Continuation.Cause
    let state: State

    func matches(_ names: [String]) -> Bool {
        guard cause != .terminal else { return false }
        return names.contains { matches($0) }
    }

    private func matches(_ name: String) -> Bool {
        if name == error.name { return true }
        switch name {
        case ErrorName.all: return true
        case ErrorName.taskFailed: return error.name != ErrorName.timeout
        case ErrorName.heartbeatTimeout: return cause == .heartbeat
        case ErrorName.branchFailed:
            if case .parallel = state.kind { return true }
            return false
        default: return false
        }
    }
}
