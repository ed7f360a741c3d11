import LonghaulCore
import LonghaulJSON
import LonghaulStates

/// What the end of the job of a task means for the task.
enum TaskOutcome {
    /// The task waits for a caller who reports on it. The output is the answer of the service that has accepted it; nil for an activity.
    case delivered(output: JSONText?, worker: String?)
    /// The task has ended.
    case ended(TaskReport)
}

extension TaskPlanner {
    /// What the end of the job of a task means for the task.
    ///
    /// - Parameter token: The token of the task; nil if callers cannot report on it.
    func outcome(of end: ChildEnd, _ resource: TaskResource, _ token: TaskToken?) -> TaskOutcome {
        let isCall = calls.lambdaEndpoint != nil
        switch resource.kind {
        case .function: return .ended(isCall ? CallResult(end).report(resource) : TaskReport(function: end))
        case .activity:
            if let token, let delivery = end.result.flatMap({ ActivityDelivery($0, of: token) }) {
                return .delivered(output: nil, worker: delivery.worker)
            }
            return .ended(TaskReport(function: end))
        case .service("lambda", _):
            let report =
                isCall ? CallResult(end).report(resource) : TaskReport(function: end).invocation
            return outcome(report, end, resource)
        case .service("longhaul", _), .service("longhaul:job", _):
            return outcome(TaskReport(job: end), end, resource)
        default: return outcome(CallResult(end).report(resource), end, resource)
        }
    }

    private func outcome(_ report: TaskReport, _ end: ChildEnd, _ resource: TaskResource) -> TaskOutcome {
        guard resource.pattern == .taskToken, case .succeeded(let output) = report else {
            return .ended(report)
        }
        return .delivered(output: output, worker: end.worker)
    }
}

extension ExecutionRunner {
    /// What the end of the job of a task means for the task.
    func outcome(of end: ChildEnd, _ task: OpenTask, _ token: TaskToken) async throws -> TaskOutcome {
        guard case .service("states", _) = task.resource.kind else {
            return service.planner.outcome(of: end, task.resource, token)
        }
        return .ended(try await nestedOutcome(of: end, task.resource))
    }

    /// The end of a nested execution.
    private func nestedOutcome(of end: ChildEnd, _ resource: TaskResource) async throws -> TaskReport {
        guard let job = try await job(end.jobID), let payload = try? ExecutionPayload(job) else {
            return .failed(StateError(name: ErrorName.taskFailed, cause: "The nested execution is gone"))
        }
        let nested = NestedExecution(payload: payload, end: end)
        guard end.state == .completed else {
            return .failed(StateError(name: ErrorName.taskFailed, cause: nested.cause.description))
        }
        return .succeeded(output: nested.output(isJSON: resource.pattern == .syncTwo))
    }
}

extension TaskReport {
    /// The end of a job that is a function or an activity.
    init(function end: ChildEnd) {
        switch (end.state, end.error) {
        case (.completed, _): self = .succeeded(output: end.result ?? .null)
        case (_, let error?) where error.type == TaskReport.timeoutType: self = .timedOut
        case (_, let error?):
            self = .failed(StateError(name: error.type, cause: TaskOutput.functionError(error).description))
        default: self = .failed(StateError(name: end.state.rawValue, cause: nil))
        }
    }

    /// The end of a job.
    init(job end: ChildEnd) {
        switch (end.state, end.error) {
        case (.completed, _): self = .succeeded(output: end.result ?? .null)
        case (_, let error?) where error.type == TaskReport.timeoutType: self = .timedOut
        case (_, let error?): self = .failed(StateError(name: error.type, cause: error.message))
        default: self = .failed(StateError(name: end.state.rawValue, cause: nil))
        }
    }

    /// The type of the error of an attempt that took too long.
    private static let timeoutType = "timeout"

    /// The report of `lambda:invoke`: the result with what the service adds.
    var invocation: TaskReport {
        guard case .succeeded(let payload) = self else { return self }
        return .succeeded(output: TaskOutput.invocation(payload))
    }
}

/// The outputs of services.
enum TaskOutput {
    /// The output of `lambda:invoke`.
    static func invocation(_ payload: JSONText, requestID: String = "") -> JSONText {
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("ExecutedVersion", "$LATEST")
            writer.field("Payload", payload)
            metadata(requestID, to: &writer)
            writer.field("StatusCode", 200)
        }
        return writer.text
    }

    /// What every answer of a service has beside its own members.
    static func metadata(_ requestID: String, to writer: inout JSONWriter) {
        writer.object("SdkHttpMetadata") { writer in
            writer.object("AllHttpHeaders") { writer in
                writer.array("x-amzn-RequestId") { $0.element(requestID) }
            }
            writer.object("HttpHeaders") { $0.field("x-amzn-RequestId", requestID) }
            writer.field("HttpStatusCode", 200)
        }
        writer.object("SdkResponseMetadata") { $0.field("RequestId", requestID) }
    }

    /// The output of a task that only submits a job.
    static func submitted(_ id: JobID, _ resource: TaskResource) -> JSONText {
        var writer = JSONWriter()
        writer.object { writer in
            if case .service("lambda", _) = resource.kind {
                metadata(id.description, to: &writer)
                writer.field("StatusCode", 202)
            } else {
                writer.field("JobId", id.description)
            }
        }
        return writer.text
    }

    /// The cause of the failure of a function, as Lambda writes it.
    static func functionError(_ error: JobError) -> JSONText {
        var object = StateObject([
            ("errorMessage", .string(error.message)), ("errorType", .string(error.type)),
        ])
        let details = error.details.flatMap { try? StateValue($0) }
        for (name, value) in details?.object?.members ?? StateObject().members where object[name] == nil {
            object[name] = value
        }
        return StateValue.object(object).json
    }
}
