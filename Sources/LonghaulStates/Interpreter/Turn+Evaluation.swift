internal import LonghaulJSON

extension Turn {
    /// What a state's expressions can read.
    func scope(_ frame: StateFrame) -> StateScope {
        StateScope(input: frame.input, context: context(frame), variables: variables(of: frame.id))
    }

    /// The variables that a branch sees: its own, and those of the branches around it.
    private func variables(of id: Int) -> [String: StateValue] {
        guard let branch = snapshot.branches[id] else { return [:] }
        guard let owner = branch.owner else { return branch.variables }
        return variables(of: owner).merging(branch.variables) { _, own in own }
    }

    /// Evaluates a template.
    ///
    /// - Parameters:
    ///   - result: `$states.result`.
    ///   - errorOutput: `$states.errorOutput`.
    ///   - type: The type that the field needs; nil for any.
    func evaluate(
        _ template: Template, _ frame: StateFrame, result: StateValue? = nil,
        errorOutput: StateValue? = nil, expecting type: QueryType? = nil
    ) throws(StateFailure) -> StateValue {
        switch template.compiled {
        case .payload(let payload): return try payload.evaluate(in: scope(frame))
        case .query(let query):
            let scope = QueryScope(
                scope(frame), result: result, errorOutput: errorOutput, nowMilliseconds: time)
            return try query.evaluate(in: scope, expecting: type)
        }
    }

    /// Evaluates a path.
    func evaluate(
        _ path: PathField, _ field: String, _ frame: StateFrame
    ) throws(StateFailure) -> StateValue {
        if case .path(let path) = path.expression { return try path.resolve(in: scope(frame)) }
        return try path.expression.evaluate(in: scope(frame), field: field)
    }

    /// The input after `InputPath`.
    func inputPathValue(_ frame: StateFrame) throws(StateFailure) -> StateValue {
        frame.isJSONata ? frame.input : try selectInput(frame)
    }

    private func selectInput(_ frame: StateFrame) throws(StateFailure) -> StateValue {
        switch frame.state.data.inputPath {
        case .whole: return frame.input
        case .nothing: return .object(StateObject())
        case .path(let path):
            var frame = frame
            frame.input = frame.branch.input.value
            return try evaluate(path, "InputPath", frame)
        }
    }

    /// What a state passes on that has no result: the input after `InputPath`; nil for the whole input.
    func selectedInput(_ frame: StateFrame) throws(StateFailure) -> StateValue? {
        frame.isJSONata || frame.state.data.inputPath == .whole ? nil : try selectInput(frame)
    }

    /// The data after `OutputPath`.
    func outputPathValue(_ frame: StateFrame, _ data: StateValue) throws(StateFailure) -> StateValue {
        switch frame.state.data.outputPath {
        case .whole: return data
        case .nothing: return .object(StateObject())
        case .path(let path):
            var frame = frame
            frame.input = data
            return try evaluate(path, "OutputPath", frame)
        }
    }

    /// What the work of a state receives.
    func effectiveInput(_ frame: StateFrame) throws(StateFailure) -> StateValue {
        if frame.isJSONata {
            guard let arguments = frame.state.data.arguments else { return frame.input }
            return try evaluate(arguments, frame)
        }
        var frame = frame
        frame.input = try inputPathValue(frame)
        guard let parameters = frame.state.data.parameters else { return frame.input }
        return try evaluate(parameters, frame)
    }

    /// The input with a result in it.
    func merge(
        _ result: StateValue, _ path: ResultPath, into input: StateValue
    ) throws(StateFailure) -> StateValue {
        switch path {
        case .replace: result
        case .discard: input
        case .path(let path): try path.write(result, into: input)
        }
    }

    /// Whether a rule of a Choice state matches.
    func matches(_ rule: ChoiceState.Rule, _ frame: StateFrame) throws(StateFailure) -> Bool {
        switch rule.condition {
        case .rule(let rule): return try rule.matches(in: scope(frame))
        case .expression(let template):
            return try evaluate(template, frame, expecting: .boolean).bool ?? false
        }
    }

    /// The value of a text field; nil if there is none.
    func text(_ field: TextField?, _ name: String, _ frame: StateFrame) throws(StateFailure) -> String? {
        switch field {
        case nil: return nil
        case .literal(let text): return text
        case .path(let path):
            let value = try path.expression.evaluate(in: scope(frame), field: name + "Path")
            return value.string ?? value.json.description
        case .expression(let template):
            return try evaluate(template, frame, expecting: .string).string
        }
    }

    /// The value of a number field; nil if there is none.
    func number(
        _ field: NumberField?, _ name: String, _ frame: StateFrame
    ) throws(StateFailure) -> StateNumber? {
        switch field {
        case nil: return nil
        case .literal(let number): return number
        case .path(let path):
            let value = try evaluate(path, name + "Path", frame)
            guard let number = Turn.number(in: value) else {
                throw .runtime(
                    "The \(name)Path parameter does not reference a numeric value: "
                        + "\(path.source) == \(value.json)")
            }
            return number
        case .expression(let template):
            let value = try evaluate(template, frame, expecting: .number)
            guard let number = Turn.number(in: value) else {
                throw .query("The \(name) field must be a number but was: \(value.json)", location: name)
            }
            return number
        }
    }

    /// A number, also one in a string.
    private static func number(in value: StateValue) -> StateNumber? {
        if let number = value.number { return number }
        guard let text = value.string, Double(text) != nil else { return nil }
        return StateNumber(parsing: text)
    }

    /// The value of a field that holds a whole number; nil if there is none.
    func integer(_ field: NumberField?, _ name: String, _ frame: StateFrame) throws(StateFailure) -> Int? {
        guard let number = try number(field, name, frame) else { return nil }
        guard let value = number.int64 else {
            let message = "The \(name) field must be an integer but was: \(number.text)"
            throw frame.isJSONata ? .query(message, location: name) : .runtime(message)
        }
        return Int(clamping: value)
    }

    /// The time at which a Wait state ends, in milliseconds since 1970.
    func waitEnd(_ wait: WaitState, _ frame: StateFrame) throws(StateFailure) -> Int64 {
        switch wait {
        case .seconds(let field):
            let seconds = try integer(field, "Seconds", frame) ?? 0
            guard seconds >= 0 else {
                let message = "The Seconds field must not be negative but was: \(seconds)"
                throw frame.isJSONata ? .query(message, location: "Seconds") : .runtime(message)
            }
            return time + Int64(min(seconds, Int(Int32.max) + 1)) * 1000
        case .timestamp(let field): return try timestamp(field, frame)
        }
    }

    private func timestamp(_ field: TextField, _ frame: StateFrame) throws(StateFailure) -> Int64 {
        let text = try text(field, "Timestamp", frame) ?? ""
        if let stamp = StateTimestamp(text) {
            return stamp.seconds * 1000 + Int64(stamp.nanoseconds / 1_000_000)
        }
        guard case .path(let path) = field else {
            let message =
                "The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: "
                + text
            throw frame.isJSONata ? .query(message, location: "Timestamp") : .runtime(message)
        }
        throw .runtime(
            "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time "
                + "format string: \(path.source) == \(text)")
    }
}
