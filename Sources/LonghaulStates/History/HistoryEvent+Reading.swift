public import LonghaulJSON

extension HistoryEvent {
    /// Reads an event that ``write(to:)`` wrote; nil if it is not one.
    public init?(_ node: JSONNode) {
        guard let type = node["type"]?.string.flatMap(HistoryEventType.init(rawValue:)),
            let id = node["id"]?.int, let previous = node["previousEventId"]?.int,
            let time = node["timestamp"]?.double
        else { return nil }
        self.init(
            id: Int(id), previousID: Int(previous), time: Int64((time * 1000).rounded()), type: type,
            details: node[type.detailsKey].flatMap { HistoryDetails(type, DetailReader(node: $0)) })
    }
}

/// Reads the members of details.
private struct DetailReader {
    let node: JSONNode

    func text(_ name: String) -> String? { node[name]?.string }
    func integer(_ name: String) -> Int? { node[name]?.int.map { Int($0) } }
    func data(_ name: String) -> JSONText { JSONText(validated: Array((text(name) ?? "").utf8)) }
    var error: StateError { StateError(name: text("error"), cause: text("cause")) }
    var action: ServiceAction {
        ServiceAction(service: text("resourceType") ?? "", action: text("resource") ?? "")
    }
    var limits: TaskLimits {
        TaskLimits(
            timeoutSeconds: integer("timeoutInSeconds"), heartbeatSeconds: integer("heartbeatInSeconds"),
            roleARN: node["taskCredentials"]?["roleArn"]?.string)
    }
    var exit: StateExit {
        StateExit(
            name: text("name") ?? "", output: data("output"),
            assigned: (node["assignedVariables"]?.members ?? []).map {
                StateExit.AssignedVariable(
                    name: $0.key, value: JSONText(validated: Array(($0.value.string ?? "").utf8)))
            })
    }
}

extension HistoryDetails {
    fileprivate init?(_ type: HistoryEventType, _ reader: DetailReader) {
        switch type {
        case .executionStarted:
            self = .started(
                ExecutionStart(
                    input: reader.data("input"), roleARN: reader.text("roleArn") ?? "",
                    versionARN: reader.text("stateMachineVersionArn"),
                    aliasARN: reader.text("stateMachineAliasArn")))
        case .executionSucceeded, .lambdaFunctionSucceeded, .activitySucceeded:
            self = .output(reader.data("output"))
        case .taskScheduled:
            self = .taskScheduled(
                TaskSchedule(
                    action: reader.action, region: reader.text("region") ?? "",
                    parameters: reader.data("parameters"), limits: reader.limits))
        case .lambdaFunctionScheduled, .activityScheduled:
            self = .functionScheduled(
                FunctionSchedule(
                    resource: reader.text("resource") ?? "", input: reader.data("input"),
                    limits: reader.limits))
        case .activityStarted: self = .activityStarted(worker: reader.text("workerName"))
        case .taskStarted: self = .task(reader.action)
        case .taskSubmitted, .taskSucceeded: self = .taskOutput(reader.action, reader.data("output"))
        case .taskFailed, .taskStartFailed, .taskSubmitFailed, .taskTimedOut:
            self = .taskFailure(reader.action, reader.error)
        default: self.init(rest: type, reader)
        }
    }

    private init?(rest type: HistoryEventType, _ reader: DetailReader) {
        let name = reader.text("name") ?? ""
        switch type {
        case .mapStateStarted: self = .length(reader.integer("length") ?? 0)
        case .mapIterationStarted, .mapIterationSucceeded, .mapIterationFailed, .mapIterationAborted:
            self = .iteration(name: name, index: reader.integer("index") ?? 0)
        case .mapRunStarted: self = .mapRun(arn: reader.text("mapRunArn") ?? "")
        case .mapRunRedriven:
            self = .mapRunRedriven(
                arn: reader.text("mapRunArn") ?? "", count: reader.integer("redriveCount") ?? 0)
        case .executionRedriven: self = .redriven(count: reader.integer("redriveCount") ?? 0)
        case .evaluationFailed:
            self = .evaluation(
                reader.error, location: reader.text("location"), state: reader.text("state") ?? "")
        default:
            if type.detailsKey == "stateEnteredEventDetails" {
                self = .entered(name: name, input: reader.data("input"))
            } else if type.detailsKey == "stateExitedEventDetails" {
                self = .exited(reader.exit)
            } else {
                self = .failure(reader.error)
            }
        }
    }
}
