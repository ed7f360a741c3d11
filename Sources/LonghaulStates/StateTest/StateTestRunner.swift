internal import LonghaulJSON

/// Computes what a state does with an input, step by step, and records the data between the steps.
struct StateTestRunner {
    let test: StateTest
    let turn: Turn
    let machine: StateMachine
    let state: State
    let frame: StateFrame
    private(set) var inspection = StateObject()

    init(
        test: StateTest, machine: StateMachine, state index: Int, input: Payload, moment: EventMoment,
        settings: InterpreterSettings
    ) {
        self.test = test
        self.machine = machine
        state = machine.states[index]
        var branch = Branch(owner: nil, index: 0, block: 0, lastEvent: 2, input: input)
        branch.state = index
        branch.entryEvent = 2
        branch.entryTime = moment.time
        branch.variables = Dictionary(test.variables.members.map { $0 }, uniquingKeysWith: { $1 })
        branch.retries = test.retryCount > 0 ? [test.retryCount] : []
        var turn = Turn(machine: machine, settings: settings, info: test.info, moment: moment)
        turn.snapshot = ExecutionSnapshot(test.info)
        turn.snapshot.branches[0] = branch
        turn.fixedContext = test.context
        self.turn = turn
        frame = StateFrame(id: 0, branch: branch, state: state)
    }

    mutating func run() -> StateTestOutcome {
        note("input", frame.input)
        do {
            switch state.kind {
            case .task(let task): return try runTask(task)
            case .parallel: return .result(try finishWork())
            case .map(let map): return .result(try runMap(map))
            case .pass(let result): return .result(try runPass(result))
            case .choice(let choice): return .result(try runChoice(choice))
            case .fail(let error, let cause): return .result(try runFail(error, cause))
            case .wait, .succeed: return .result(try passOn(next: state.next))
            }
        } catch {
            return .result(failed(StateError(name: error.error, cause: error.message), isCatchable: true))
        }
    }

    /// Records the data between two steps.
    private mutating func note(_ name: String, _ value: StateValue) {
        inspection[name] = .string(value.json.description)
    }

    /// Records the variables after the state, if there are any.
    private mutating func noteVariables(_ assigned: [(String, StateValue)]) {
        var variables = test.variables
        for (name, value) in assigned { variables[name] = value }
        if !variables.isEmpty { note("variables", .object(variables)) }
    }

    private func result(_ status: StateTestResult.Status) -> StateTestResult {
        StateTestResult(status: status, inspection: inspection)
    }

    // MARK: - States without work

    private mutating func runPass(_ fixed: StateValue?) throws(StateFailure) -> StateTestResult {
        guard !frame.isJSONata else { return try passOn(next: state.next) }
        let value = try selectInput()
        return try succeed(result: fixed ?? value)
    }

    private mutating func runChoice(_ choice: ChoiceState) throws(StateFailure) -> StateTestResult {
        var frame = frame
        if !frame.isJSONata {
            frame.input = try turn.inputPathValue(frame)
            note("afterInputPath", frame.input)
        }
        for rule in choice.rules where try turn.matches(rule, frame) {
            frame.rule = rule
            let output = try rule.output.map { template throws(StateFailure) in
                try turn.evaluate(template, frame)
            }
            let assigned = try turn.variables(frame, data: frame.isJSONata ? nil : frame.input)
            return try end(output ?? frame.input, assigned, next: rule.next)
        }
        guard let fallback = choice.fallback else {
            throw .runtime("Failed to transition out of the state. The state does not point to a next state.")
        }
        return try passOn(next: fallback)
    }

    private mutating func runFail(
        _ error: TextField?, _ cause: TextField?
    ) throws(StateFailure) -> StateTestResult {
        let name = try turn.text(error, "Error", frame)
        let cause = try turn.text(cause, "Cause", frame)
        return failed(StateError(name: name, cause: cause), isCatchable: false)
    }

    /// The end of a state that passes its input on.
    private mutating func passOn(next: Int?) throws(StateFailure) -> StateTestResult {
        if frame.isJSONata {
            let output = try state.data.output.map { template throws(StateFailure) in
                try turn.evaluate(template, frame)
            }
            return try end(output ?? frame.input, try turn.variables(frame), next: next)
        }
        let value = try turn.inputPathValue(frame)
        note("afterInputPath", value)
        let assigned = try turn.variables(frame, data: value)
        return try end(try turn.outputPathValue(frame, value), assigned, next: next)
    }

    // MARK: - States with work

    private mutating func runTask(_ task: TaskState) throws(StateFailure) -> StateTestOutcome {
        var frame = frame
        let token = turn.settings.makeToken(test.info.arn, 1)
        if task.resource.pattern == .taskToken { frame.token = token }
        let parameters: StateValue
        if frame.isJSONata {
            parameters = try turn.effectiveInput(frame)
            note("afterArguments", parameters)
        } else {
            parameters = try selectInput()
        }
        guard test.mock == nil else { return .result(try finishWork()) }
        var limits = TaskLimits()
        limits.timeoutSeconds = try turn.integer(task.timeout, "TimeoutSeconds", frame)
        limits.heartbeatSeconds = try turn.integer(task.heartbeat, "HeartbeatSeconds", frame)
        return .task(
            TaskStart(
                id: 1, state: state.name, resource: task.resource, parameters: parameters.json, token: token,
                limits: limits, retryCount: test.retryCount))
    }

    /// The input after `InputPath` and `Parameters`.
    private mutating func selectInput() throws(StateFailure) -> StateValue {
        note("afterInputPath", try turn.inputPathValue(frame))
        let value = try turn.effectiveInput(frame)
        note("afterParameters", value)
        return value
    }

    private mutating func runMap(_ map: MapState) throws(StateFailure) -> StateTestResult {
        var frame = frame
        if !frame.isJSONata {
            frame.input = try turn.inputPathValue(frame)
            note("afterInputPath", frame.input)
        }
        var count = test.readerData?.array?.count ?? 0
        if map.reader == nil {
            let items = try turn.mapSource(self.frame, map).items
            count = items.count
            if !frame.isJSONata { note("afterItemsPath", .array(items)) }
        }
        inspection["maxConcurrency"] = .integer(
            try turn.integer(map.maxConcurrency, "MaxConcurrency", frame) ?? 0)
        let tolerated = try turn.integer(map.toleratedCount, "ToleratedFailureCount", frame)
        if let tolerated { inspection["toleratedFailureCount"] = .integer(tolerated) }
        let percentage = try turn.number(map.toleratedPercentage, "ToleratedFailurePercentage", frame)
        if let percentage { inspection["toleratedFailurePercentage"] = .number(.decimal(percentage.double)) }
        let tolerance = MapRun.Tolerance(count: tolerated, percentage: percentage?.double)
        // A mocked error is the error of the state, however many iterations have failed.
        if case .result = test.mock, let failures = test.failedIterations,
            tolerance.isExceeded(by: failures, of: count)
        {
            let cause = "The specified tolerated failure threshold was exceeded"
            return failed(StateError(name: ErrorName.toleranceExceeded, cause: cause), isCatchable: true)
        }
        return try finishWork()
    }

    /// The end of a state whose work has the outcome of the mock.
    private mutating func finishWork() throws(StateFailure) -> StateTestResult {
        switch test.mock {
        case .result(let result):
            if case .task = state.kind { note("result", result) }
            return try succeed(result: result)
        case .error(let error): return failed(error, isCatchable: true)
        case nil: throw .runtime("The state needs a mock of its work")
        }
    }

    /// The end of a state with a result.
    private mutating func succeed(result: StateValue) throws(StateFailure) -> StateTestResult {
        if frame.isJSONata {
            let output = try state.data.output.map { template throws(StateFailure) in
                try turn.evaluate(template, frame, result: result)
            }
            return try end(output ?? result, try turn.variables(frame, result: result), next: state.next)
        }
        let assigned = try turn.variables(frame, data: result)
        var selected = result
        if let selector = state.data.resultSelector {
            var inner = frame
            inner.input = result
            selected = try turn.evaluate(selector, inner)
        }
        if state.kind.canRetry { note("afterResultSelector", selected) }
        let merged = try turn.merge(selected, state.data.resultPath, into: frame.branch.input.value)
        note("afterResultPath", merged)
        return try end(try turn.outputPathValue(frame, merged), assigned, next: state.next)
    }

    private mutating func end(
        _ output: StateValue, _ assigned: [(String, StateValue)], next: Int?
    ) throws(StateFailure) -> StateTestResult {
        let text = output.json
        guard text.bytes.count <= turn.settings.maxDataBytes else {
            let error = StateError.tooLarge(state.name)
            throw StateFailure(error: ErrorName.dataLimitExceeded, message: error.cause ?? "")
        }
        noteVariables(assigned)
        var result = result(.succeeded)
        result.output = text
        result.nextState = next.map { machine.states[$0].name }
        return result
    }

    // MARK: - Errors

    /// The end of a state with an error: it may be retried or caught.
    private mutating func failed(_ error: StateError, isCatchable: Bool) -> StateTestResult {
        let isTerminal = error.name == ErrorName.runtime || error.name == ErrorName.dataLimitExceeded
        let pattern = ErrorPattern(error: error, cause: isTerminal ? .terminal : .work, state: state)
        var failure = result(.failed)
        failure.error = error
        guard isCatchable else { return failure }
        if let index = state.retriers.firstIndex(where: { pattern.matches($0.errors) }),
            test.retryCount < state.retriers[index].maxAttempts
        {
            return retriable(failure, index)
        }
        guard let index = state.catchers.firstIndex(where: { pattern.matches($0.errors) }) else {
            return failure
        }
        return caught(failure, error, index)
    }

    private func retriable(_ failure: StateTestResult, _ index: Int) -> StateTestResult {
        var result = failure
        result.status = .retriable
        let delay = state.retriers[index].delay(before: test.retryCount)
        result.inspection["errorDetails"] = .members([
            ("retryIndex", .integer(index)), ("retryBackoffIntervalSeconds", .integer(Int(delay))),
        ])
        return result
    }

    private mutating func caught(
        _ failure: StateTestResult, _ error: StateError, _ index: Int
    ) -> StateTestResult {
        let catcher = state.catchers[index]
        var result = failure
        do {
            let caught = try turn.caught(error, by: catcher, frame)
            noteVariables(caught.assigned)
            result.output = caught.output.json
        } catch {
            result.error = StateError(name: error.error, cause: error.message)
            return result
        }
        result.status = .caught
        result.nextState = machine.states[catcher.next].name
        result.inspection = inspection
        result.inspection["errorDetails"] = .members([("catchIndex", .integer(index))])
        return result
    }
}
