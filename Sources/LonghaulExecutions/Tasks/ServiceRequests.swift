import LonghaulCore
import LonghaulJSON
import LonghaulStates

/// The answer to the request of a task.
enum RequestAnswer: Sendable {
    /// An output.
    case succeeded(JSONText)
    /// The error of the task.
    case failed(StateError)
}

/// Requests of tasks that this server answers itself: nested executions, and operations of the Step Functions API.
extension StepFunctions {
    /// Sends the request of a task.
    ///
    /// - Parameters:
    ///   - id: the number of the task.
    ///   - parent: the job of the execution; nil for an Express execution, which has none.
    ///   - traceHeader: the trace header of the execution.
    /// - Returns: the output, or the error of the task.
    /// - Throws: `unavailable` if the request may succeed later.
    func request(
        _ task: OpenTask, _ id: Int, caller: String, parent: JobID?, traceHeader: String?
    ) async throws -> RequestAnswer {
        let parameters = (try? StateValue(task.parameters)) ?? .null
        do throws(ServiceError) {
            switch task.resource.kind {
            case .service("states", _):
                var start = nestedStart(parameters, task, caller)
                start.traceHeader = traceHeader
                if task.resource.pattern == .sync || task.resource.pattern == .syncTwo {
                    start.parent = parent.map { ($0, id) }
                }
                return .succeeded(try await nested(start))
            case .service(_, let action):
                return .succeeded(try await operation(action, parameters, task, caller))
            default: return .failed(StateError(name: ErrorName.runtime, cause: "The task has no request"))
            }
        } catch {
            guard error.status == 400 else { throw LonghaulError(.unavailable, error.message) }
            return .failed(requestError(error, task.resource))
        }
    }

    private func requestError(_ error: ServiceError, _ resource: TaskResource) -> StateError {
        let requestID = random.uuid()
        let type = error.type.hasSuffix("Exception") ? error.type : "\(error.type)Exception"
        guard case .service("states", _) = resource.kind else {
            return StateError(
                name: "Sfn.\(type)",
                cause:
                    "\(error.message) (Service: Sfn, Status Code: \(error.status), Request ID: \(requestID))")
        }
        return StateError(
            name: "StepFunctions.\(type)",
            cause: "\(error.message) (Service: AWSStepFunctions; Status Code: \(error.status); "
                + "Error Code: \(error.type); Request ID: \(requestID); Proxy: null)")
    }

    // MARK: - Nested executions

    private func nestedStart(_ parameters: StateValue, _ task: OpenTask, _ caller: String) -> ExecutionStart {
        var start = ExecutionStart(
            machineARN: parameters["StateMachineArn"]?.string ?? "", name: parameters["Name"]?.string,
            input: StepFunctions.nestedInput(parameters["Input"]), caller: caller)
        start.jobID = task.jobID
        return start
    }

    /// `states:startExecution`.
    private func nested(_ start: ExecutionStart) async throws(ServiceError) -> JSONText {
        let started = try await self.start(start)
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("ExecutionArn", started.arn)
            TaskOutput.metadata(random.uuid(), to: &writer)
            writer.field("StartDate", started.startedAt.milliseconds)
        }
        return writer.text
    }

    private static func nestedInput(_ value: StateValue?) -> JSONText {
        switch value {
        case nil, .null?: JSONText(validated: Array("{}".utf8))
        case .string(let text)?: JSONText(validated: Array(text.utf8))
        case let value?: value.json
        }
    }

    // MARK: - Operations

    /// `aws-sdk:sfn:…`: an operation with the names of the SDK.
    private func operation(
        _ action: String, _ parameters: StateValue, _ task: OpenTask, _ caller: String
    ) async throws(ServiceError) -> JSONText {
        let input = SDKNames.lowercased(parameters).object ?? StateObject()
        var output: StateObject
        if action == "startExecution" {
            var start = try ExecutionStart(OperationInput(input, by: OperationCaller(name: caller)))
            start.jobID = task.jobID
            let started = try await self.start(start)
            output = StateObject([
                ("executionArn", .string(started.arn)), ("startDate", .timestamp(started.startedAt)),
            ])
        } else {
            output = try await perform(
                SDKNames.capitalized(action), input, by: OperationCaller(name: caller))
        }
        return SDKNames.capitalized(.object(output)).json
    }
}

/// The names of members as the integrations of the AWS SDK have them: `ExecutionArn` for `executionArn`.
enum SDKNames {
    static func capitalized(_ name: String) -> String { name.prefix(1).uppercased() + name.dropFirst() }

    private static func lowercased(_ name: String) -> String {
        name.prefix(1).lowercased() + name.dropFirst()
    }

    /// The input of an operation from the parameters of a task. Null members are left out.
    static func lowercased(_ value: StateValue) -> StateValue {
        switch value {
        case .object(let object):
            .object(
                StateObject(
                    object.members.filter { !$0.1.isNull }.map { (lowercased($0.0), lowercased($0.1)) }))
        case .array(let elements): .array(elements.map { lowercased($0) })
        default: value
        }
    }

    /// The output of a task from the output of an operation. Times are texts.
    static func capitalized(_ value: StateValue) -> StateValue {
        switch value {
        case .object(let object):
            .object(
                StateObject(
                    object.members.map { name, value in
                        (capitalized(name), isTime(name) ? time(value) : capitalized(value))
                    }))
        case .array(let elements): .array(elements.map { capitalized($0) })
        default: value
        }
    }

    private static func isTime(_ name: String) -> Bool { name.hasSuffix("Date") || name == "timestamp" }

    private static func time(_ value: StateValue) -> StateValue {
        guard let seconds = value.number?.double else { return value }
        return .string("\(Timestamp(milliseconds: Int64((seconds * 1000).rounded())))")
    }
}
