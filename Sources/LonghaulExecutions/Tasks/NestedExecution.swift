import LonghaulCore
import LonghaulJSON
import LonghaulStates

/// A nested execution that has ended, as `states:startExecution.sync` returns it.
struct NestedExecution {
    let payload: ExecutionPayload
    let end: ChildEnd

    /// The output of the task.
    ///
    /// - Parameter isJSON: Whether input and output are JSON, and not texts.
    func output(isJSON: Bool) -> JSONText {
        let result = end.result ?? .null
        func data(_ text: JSONText) -> StateValue {
            isJSON ? (try? StateValue(text)) ?? .null : .string(text.description)
        }
        return object(
            leading: [],
            input: data(payload.input),
            output: [
                ("Output", data(result)), ("OutputDetails", .members([("Included", .bool(true))])),
            ]
        ).json
    }

    /// The cause of the task's failure.
    var cause: JSONText {
        let failure = ExecutionFailure(end.error)
        var leading: [(String, StateValue)] = []
        if let cause = failure.error.cause { leading.append(("Cause", .string(cause))) }
        if let name = failure.error.name { leading.append(("Error", .string(name))) }
        return object(leading: leading, input: .string(payload.input.description), output: []).json
    }

    private var status: ExecutionStatus {
        switch end.state {
        case .completed: .succeeded
        case .cancelled: .aborted
        default: ExecutionFailure(end.error).status
        }
    }

    private func object(
        leading: [(String, StateValue)], input: StateValue, output: [(String, StateValue)]
    ) -> StateValue {
        var members = leading
        members += [
            ("ExecutionArn", .string(payload.arn)), ("Input", input),
            ("InputDetails", .members([("Included", .bool(true))])), ("Name", .string(payload.name)),
        ]
        members += output
        members += [
            ("StartDate", .number(.integer(payload.startedAt.milliseconds))),
            ("StateMachineArn", .string(payload.machineARN)), ("Status", .string(status.rawValue)),
            ("StopDate", .number(.integer(end.endedAt.milliseconds))),
        ]
        return .members(members)
    }
}
