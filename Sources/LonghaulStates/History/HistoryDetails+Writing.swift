internal import LonghaulJSON

extension HistoryDetails {
    /// Appends the members of the details.
    func write(to writer: inout JSONWriter, _ data: EventData) {
        var fields = DetailFields(writer: writer, shown: data)
        switch self {
        case .started(let start):
            fields.data("input", start.input)
            fields.text("roleArn", start.roleARN)
            fields.text("stateMachineAliasArn", start.aliasARN)
            fields.text("stateMachineVersionArn", start.versionARN)
        case .output(let output): fields.data("output", output)
        case .failure(let error): fields.error(error)
        case .entered(let name, let input):
            fields.text("name", name)
            fields.data("input", input)
        case .exited(let exit): fields.exit(exit)
        case .taskScheduled(let schedule):
            fields.action(schedule.action)
            fields.text("region", schedule.region)
            fields.parameters(schedule.parameters)
            fields.limits(schedule.limits)
        case .functionScheduled(let schedule):
            fields.text("resource", schedule.resource)
            fields.data("input", schedule.input)
            fields.limits(schedule.limits)
        case .activityStarted(let worker): fields.text("workerName", worker)
        default: writeRest(to: &fields)
        }
        writer = fields.writer
    }

    private func writeRest(to fields: inout DetailFields) {
        switch self {
        case .task(let action): fields.action(action)
        case .taskOutput(let action, let output):
            fields.action(action)
            fields.data("output", output)
        case .taskFailure(let action, let error):
            fields.action(action)
            fields.error(error)
        case .length(let length): fields.integer("length", length)
        case .iteration(let name, let index):
            fields.text("name", name)
            fields.integer("index", index)
        case .mapRun(let arn): fields.text("mapRunArn", arn)
        case .mapRunRedriven(let arn, let count):
            fields.text("mapRunArn", arn)
            fields.integer("redriveCount", count)
        case .redriven(let count): fields.integer("redriveCount", count)
        case .evaluation(let error, let location, let state):
            fields.error(error)
            fields.text("location", location)
            fields.text("state", state)
        default: break
        }
    }
}

/// Writes the members that details of several types have in common.
private struct DetailFields {
    var writer: JSONWriter
    let shown: EventData

    mutating func text(_ name: String, _ value: String?) {
        if let value { writer.field(name, value) }
    }

    mutating func integer(_ name: String, _ value: Int?) {
        if let value { writer.field(name, value) }
    }

    /// Data, and whether it is complete.
    mutating func data(_ name: String, _ text: JSONText) {
        guard shown.includesData else { return }
        guard let limit = shown.maxBytes, text.bytes.count > limit else {
            writer.field(name, text.description)
            return close(name, isTruncated: false)
        }
        // Bytes of a character that is cut off become a replacement character.
        writer.field(name, String(decoding: text.bytes.prefix(limit), as: UTF8.self))
        close(name, isTruncated: true)
    }

    mutating func parameters(_ text: JSONText) {
        guard shown.includesParameters else { return }
        guard let limit = shown.maxBytes, text.bytes.count > limit else {
            return writer.field("parameters", text.description)
        }
        writer.field("parameters", String(decoding: text.bytes.prefix(limit), as: UTF8.self))
    }

    mutating func error(_ error: StateError) {
        text("error", error.name)
        text("cause", error.cause)
    }

    mutating func action(_ action: ServiceAction) {
        text("resourceType", action.service)
        text("resource", action.action)
    }

    mutating func limits(_ limits: TaskLimits) {
        integer("timeoutInSeconds", limits.timeoutSeconds)
        integer("heartbeatInSeconds", limits.heartbeatSeconds)
        guard let role = limits.roleARN else { return }
        writer.object("taskCredentials") { $0.field("roleArn", role) }
    }

    mutating func exit(_ exit: StateExit) {
        text("name", exit.name)
        data("output", exit.output)
        guard shown.includesData, !exit.assigned.isEmpty else { return }
        writer.object("assignedVariables") { writer in
            for variable in exit.assigned { writer.field(variable.name, variable.value.description) }
        }
        close("assignedVariables", isTruncated: false)
    }

    private mutating func close(_ name: String, isTruncated: Bool) {
        writer.object(name + "Details") { $0.field("truncated", isTruncated) }
    }
}
