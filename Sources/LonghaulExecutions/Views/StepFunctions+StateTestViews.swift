public import LonghaulCore
public import LonghaulJSON
internal import LonghaulStates

extension StepFunctions {
    /// Tests a state: its result as a JSON object.
    ///
    /// - Throws: `InvalidDefinition`, `InvalidExecutionInput`, `ValidationException`.
    public func testState(
        _ test: StateTestSpec, by caller: OperationCaller
    ) async throws(ServiceError) -> JSONText {
        var input = StateObject([
            ("definition", .string(test.definition)), ("input", .string(test.input.description)),
            ("inspectionLevel", .string("DEBUG")),
        ])
        // A task without a mock needs a role. No server assumes it.
        if test.mock == nil { input["roleArn"] = .string(roleARN) }
        input["stateName"] = test.state.map { .string($0) }
        input["variables"] = test.variables.map { .string($0.description) }
        input["context"] = test.context.map { .string($0.description) }
        input["mock"] = test.mock.map(StepFunctions.member)
        input["stateConfiguration"] = test.retryCount.map {
            .members([("retrierRetryCount", .integer($0))])
        }
        let output = try await perform("TestState", input, by: caller)
        var writer = JSONWriter()
        writer.object { writer in StepFunctions.write(output, to: &writer) }
        return writer.text
    }

    private static func member(_ mock: StateTestSpec.Mock) -> StateValue {
        switch mock {
        case .result(let result): return .members([("result", .string(result.description))])
        case .error(let name, let cause):
            var error = StateObject()
            error["error"] = name.map { .string($0) }
            error["cause"] = cause.map { .string($0) }
            return .members([("errorOutput", .object(error))])
        }
    }

    private static func write(_ output: StateObject, to writer: inout JSONWriter) {
        writer.field("status", (output["status"]?.string ?? "").lowercased())
        if let text = output["output"]?.string {
            writer.field("output", JSONText(validated: Array(text.utf8)))
        } else {
            writer.null("output")
        }
        writer.field("error", output["error"]?.string)
        writer.field("cause", output["cause"]?.string)
        writer.field("next_state", output["nextState"]?.string)
        writer.object("inspection") { writer in
            for (name, value) in output["inspectionData"]?.object?.members ?? StateObject().members {
                let shown = name == "errorDetails" ? snakeCased(value) : value
                writer.field(name.snakeCased, inspected(shown))
            }
        }
    }

    private static func snakeCased(_ value: StateValue) -> StateValue {
        guard let object = value.object else { return value }
        return .members(object.members.map { ($0.snakeCased, $1) })
    }

    /// Data between the steps of a state, which operations return as text.
    private static func inspected(_ value: StateValue) -> JSONText {
        guard let text = value.string, let parsed = try? StateValue(parsing: text) else { return value.json }
        return parsed.json
    }
}
