internal import LonghaulCore
internal import LonghaulJSON
internal import LonghaulStates

extension ExecutionEventView {
    /// An event of a history, with the names of Longhaul's own API.
    init(_ event: HistoryEvent) {
        var writer = JSONWriter()
        writer.object { writer in event.details?.writeView(to: &writer) }
        self.init(
            number: event.id, previous: event.previousID, type: event.type.rawValue.snakeCased,
            at: Timestamp(milliseconds: event.time), details: writer.text)
    }
}

extension String {
    /// The name with underscores: `task_state_entered` for `TaskStateEntered`.
    var snakeCased: String {
        var name = ""
        for character in self {
            if character.isUppercase, !name.isEmpty { name.append("_") }
            name += character.lowercased()
        }
        return name
    }
}

extension HistoryDetails {
    /// Appends the members of the details.
    fileprivate func writeView(to writer: inout JSONWriter) {
        switch self {
        case .started(let start):
            writer.data("input", start.input)
            writer.optional("version_arn", start.versionARN)
            writer.optional("alias_arn", start.aliasARN)
        case .output(let output): writer.data("output", output)
        case .failure(let error): writer.error(error)
        case .entered(let name, let input):
            writer.field("name", name)
            writer.data("input", input)
        case .exited(let exit):
            writer.field("name", exit.name)
            writer.data("output", exit.output)
            guard !exit.assigned.isEmpty else { break }
            writer.object("assigned") { writer in
                for variable in exit.assigned { writer.data(variable.name, variable.value) }
            }
        case .taskScheduled(let schedule):
            writer.action(schedule.action)
            writer.data("parameters", schedule.parameters)
            writer.limits(schedule.limits)
        case .functionScheduled(let schedule):
            writer.field("resource", schedule.resource)
            writer.data("input", schedule.input)
            writer.limits(schedule.limits)
        case .activityStarted(let worker): writer.optional("worker", worker)
        default: writeRest(to: &writer)
        }
    }

    private func writeRest(to writer: inout JSONWriter) {
        switch self {
        case .task(let action): writer.action(action)
        case .taskOutput(let action, let output):
            writer.action(action)
            writer.data("output", output)
        case .taskFailure(let action, let error):
            writer.action(action)
            writer.error(error)
        case .length(let length): writer.field("length", length)
        case .iteration(let name, let index):
            writer.field("name", name)
            writer.field("index", index)
        case .mapRun(let arn): writer.field("map_run_arn", arn)
        case .mapRunRedriven(let arn, let count):
            writer.field("map_run_arn", arn)
            writer.field("redrive_count", count)
        case .redriven(let count): writer.field("redrive_count", count)
        case .evaluation(let error, let location, let state):
            writer.error(error)
            writer.optional("location", location)
            writer.field("state", state)
        default: break
        }
    }
}

extension JSONWriter {
    fileprivate mutating func optional(_ name: String, _ value: String?) {
        if let value { field(name, value) }
    }

    /// Data, which histories hold as text.
    fileprivate mutating func data(_ name: String, _ text: JSONText) {
        if text.bytes.isEmpty { null(name) } else { field(name, text) }
    }

    fileprivate mutating func error(_ error: StateError) {
        optional("error", error.name)
        optional("cause", error.cause)
    }

    fileprivate mutating func action(_ action: ServiceAction) {
        field("service", action.service)
        field("action", action.action)
    }

    fileprivate mutating func limits(_ limits: TaskLimits) {
        if let seconds = limits.timeoutSeconds { field("timeout_seconds", seconds) }
        if let seconds = limits.heartbeatSeconds { field("heartbeat_seconds", seconds) }
    }
}
