internal import LonghaulJSON

extension StateTest {
    /// Why the API refuses the test with `ValidationException`; nil if it does not.
    ///
    /// - Parameters:
    ///   - hasRole: whether the caller named a role.
    ///   - models: The shapes of the services' answers; nil to check no mocked results.
    ///   - validation: How strictly a mocked result is checked.
    public func problem(
        hasRole: Bool, models: ServiceModels? = nil, validation: ServiceModels.Validation = .strict
    ) -> String? {
        guard let (machine, index) = try? machine() else { return nil }
        let state = machine.states[index]
        if failedIterations != nil, mock == nil {
            return "TestState does not support MapIterationFailureCount when a mock is not specified."
        }
        switch state.kind {
        case .task where !hasRole && mock == nil:
            return "RoleArn must be specified when testing a Task state"
        case .map where mock == nil, .parallel where mock == nil:
            return "State type '\(state.kind.typeName)' is not supported when a mock is not specified"
        case .pass, .choice, .wait, .succeed, .fail:
            guard mock != nil else { return nil }
            return "State type '\(state.kind.typeName)' is not supported when a mock is specified"
        case .task(let task) where mock == nil: return problem(of: task.resource)
        case .task(let task):
            guard case .result(let result) = mock else { return nil }
            return models?.problem(of: result, for: task.resource, validation)
        case .map(let map): return problem(of: map, state)
        default: return nil
        }
    }

    /// Why the work of a task cannot be tested; nil if it can.
    private func problem(of resource: TaskResource) -> String? {
        if case .activity = resource.kind {
            return "Activity tasks are not supported when a mock is not specified"
        }
        guard resource.pattern != .response else { return nil }
        return
            "The '\(resource.pattern.rawValue)' service integration pattern is not supported when a mock is "
            + "not specified"
    }

    private func problem(of map: MapState, _ state: State) -> String? {
        if case .result(let result) = mock {
            let isWritten = map.writer?.resource != nil
            if isWritten, result.object == nil { return "Mocked result must be a JSON object." }
            if !isWritten, result.array == nil { return "Mocked result must be an array." }
        }
        guard let failedIterations, failedIterations > (itemCount(map, state) ?? Int.max) else { return nil }
        return "Map iteration failure count must be less than or equal to the number of Map iterations"
    }

    /// The number of items of a map; nil if it is not known.
    private func itemCount(_ map: MapState, _ state: State) -> Int? {
        if map.reader != nil { return readerData?.array?.count }
        guard let (machine, index) = try? machine(), let payload = try? Payload(parsing: input) else {
            return nil
        }
        let runner = StateTestRunner(
            test: self, machine: machine, state: index, input: payload,
            moment: EventMoment(time: 0, seed: 0), settings: InterpreterSettings())
        return try? runner.turn.mapSource(runner.frame, map).items.count
    }

    /// The problems of the definition, as CreateStateMachine shows them.
    public func diagnostics(_ checks: DefinitionChecks = DefinitionChecks()) -> [DefinitionDiagnostic] {
        guard stateName == nil else { return checks.check(definition) }
        var checks = checks
        checks.checksTransitions = false
        guard let state = try? StateValue(parsing: definition), state.object != nil else {
            return checks.check(definition)
        }
        let states = StateValue.members([(StateTest.loneName, state)])
        return checks.check(
            StateValue.members([("StartAt", .string(StateTest.loneName)), ("States", states)]))
    }
}
