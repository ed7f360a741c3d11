internal import LonghaulJSON

extension Turn {
    /// Leaves a state: computes its output and variables, records the exit, and enters the next state.
    ///
    /// - Parameters:
    ///   - data: the result, or what the state passes on; nil for the whole input.
    ///   - isResult: whether the data are the result of work.
    mutating func exit(
        _ frame: StateFrame, data: StateValue?, isResult: Bool = false
    ) throws(StateFailure) {
        try exit(frame, data: data, isResult: isResult, next: frame.state.next)
    }

    /// Leaves a state for another one; for none if the state ends its block.
    mutating func exit(
        _ frame: StateFrame, data: StateValue?, isResult: Bool = false, next: Int?
    ) throws(StateFailure) {
        let payload: Payload
        let assigned: [(String, StateValue)]
        if frame.isJSONata {
            let template = frame.rule != nil ? frame.rule?.output : frame.state.data.output
            let result = isResult ? data : nil
            payload = try jsonataOutput(template, frame, data: data, result: result)
            assigned = try variables(frame, result: result)
        } else {
            assigned = try variables(frame, data: data)
            payload = try pathOutput(frame, data: data, isResult: isResult)
        }
        try leave(frame, output: payload, assigned, next: next)
    }

    private func jsonataOutput(
        _ template: Template?, _ frame: StateFrame, data: StateValue?, result: StateValue?
    ) throws(StateFailure) -> Payload {
        guard let template else { return data.map { Payload($0) } ?? frame.branch.input }
        return Payload(try evaluate(template, frame, result: result))
    }

    private func pathOutput(
        _ frame: StateFrame, data: StateValue?, isResult: Bool
    ) throws(StateFailure) -> Payload {
        guard let data else {
            guard frame.state.data.outputPath != .whole else { return frame.branch.input }
            return Payload(try outputPathValue(frame, frame.branch.input.value))
        }
        return Payload(try isResult ? output(frame, result: data) : outputPathValue(frame, data))
    }

    /// Records the exit, assigns the variables, and enters the next state.
    mutating func leave(
        _ frame: StateFrame, output: Payload, _ assigned: [(String, StateValue)], next: Int?
    ) throws(StateFailure) {
        let values = assigned.map { StateExit.AssignedVariable(name: $0, value: $1.json) }
        let isTooLarge = values.reduce(0) { $0 + $1.value.bytes.count } > settings.maxDataBytes
        guard output.byteCount <= settings.maxDataBytes, !isTooLarge else {
            let error = StateError.tooLarge(frame.state.name)
            throw StateFailure(error: ErrorName.dataLimitExceeded, message: error.cause ?? "")
        }
        if let type = HistoryEventType.exited(frame.state.kind) {
            let exit = StateExit(name: frame.state.name, output: output.text, assigned: values)
            record(type, .exited(exit), in: frame.id)
        }
        if !assigned.isEmpty {
            update(frame.id) { branch in
                for (name, value) in assigned { branch.variables[name] = value }
            }
        }
        if let next {
            ready.append(.enter(branch: frame.id, state: next, input: output))
        } else {
            endBranch(frame.id, output: output)
        }
    }

    /// The variables that a state assigns, in order of their names.
    func variables(
        _ frame: StateFrame, data: StateValue? = nil, result: StateValue? = nil
    ) throws(StateFailure) -> [(String, StateValue)] {
        let template = frame.rule != nil ? frame.rule?.assign : frame.state.data.assign
        return try variables(template, frame, data: data, result: result, errorOutput: nil)
    }

    /// Evaluates an `Assign` field.
    func variables(
        _ template: Template?, _ frame: StateFrame, data: StateValue? = nil, result: StateValue? = nil,
        errorOutput: StateValue? = nil
    ) throws(StateFailure) -> [(String, StateValue)] {
        guard let template else { return [] }
        var frame = frame
        if let data { frame.input = data }
        let value = try evaluate(template, frame, result: result, errorOutput: errorOutput)
        return value.object.map { $0.members.sorted { $0.0 < $1.0 } } ?? []
    }

    /// The output of a JSONPath state whose work has a result.
    private func output(_ frame: StateFrame, result: StateValue) throws(StateFailure) -> StateValue {
        var selected = result
        if let selector = frame.state.data.resultSelector {
            var inner = frame
            inner.input = result
            selected = try evaluate(selector, inner)
        }
        let merged = try merge(selected, frame.state.data.resultPath, into: frame.branch.input.value)
        return try outputPathValue(frame, merged)
    }

    /// Ends a branch whose last state has ended.
    private mutating func endBranch(_ id: Int, output: Payload) {
        guard let branch = snapshot.branches[id] else { return }
        guard let owner = branch.owner else {
            return end(.succeeded(output: output.text), after: branch.lastEvent, output: output)
        }
        removeBranch(id)
        endIteration(branch, of: owner, output: output.value)
    }
}
