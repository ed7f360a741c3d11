import CServiceModels
import LonghaulJSON
import LonghaulStates

/// Replays a recorded call of TestState.
struct ReplayStateTest {
    let recorded: RecordedCase

    func run() throws -> HistoryGrade {
        let calls = recorded.calls.filter { $0.operation == "TestState" }
        var unification = Unification(free: recorded.free)
        for (call, want) in zip(calls, recorded.expected) {
            var got = answer(call.input, want)
            var expected = want.object ?? StateObject()
            expected["ResponseMetadata"] = nil
            if got["Error"] == nil, call.input["inspectionLevel"]?.string ?? "INFO" == "INFO" {
                got["inspectionData"] = nil
            }
            try unification.unify(.object(expected), .object(got))
        }
        return .exact
    }

    private func answer(_ input: StateValue, _ want: StateValue) -> StateObject {
        var test = StateTest(
            definition: input["definition"]?.string ?? "", stateName: input["stateName"]?.string,
            input: JSONText(validated: Array((input["input"]?.string ?? "{}").utf8)), info: info(input))
        test.context = input["context"]?.string.flatMap { try? StateValue(parsing: $0) }
        let configuration = input["stateConfiguration"]
        test.failedIterations = configuration?["mapIterationFailureCount"]?.number?.int64.map { Int($0) }
        test.readerData = configuration?["mapItemReaderData"]?.string.flatMap {
            try? StateValue(parsing: $0)
        }
        let mock = input["mock"]
        if mock?["result"] != nil, mock?["errorOutput"] != nil {
            return problem("A test mock should have only one of the following fields: [result, errorOutput].")
        }
        test.mock = self.mock(mock)
        let diagnostics = test.diagnostics().filter { $0.severity == .error }
        if !diagnostics.isEmpty {
            let message = DefinitionDiagnostic.invalidDefinition(diagnostics, definition: test.definition)
            return problem(message, code: "InvalidDefinition")
        }
        let validation = mock?["fieldValidationMode"]?.string.flatMap(
            ServiceModels.Validation.init(rawValue:))
        if let message = test.problem(
            hasRole: input["roleArn"] != nil, models: ReplayStateTest.models,
            validation: validation ?? .strict)
        {
            return problem(message)
        }
        let moment = EventMoment(time: 1_700_000_000_000, seed: 1)
        do {
            switch try test.run(at: moment) {
            case .result(let result): return object(result)
            case .task:
                let data = want["inspectionData"]?["result"] ?? want["output"] ?? .null
                test.mock = .result(data.string.flatMap { try? StateValue(parsing: $0) } ?? data)
                guard case .result(let result) = try test.run(at: moment) else { return StateObject() }
                return object(result)
            }
        } catch {
            return problem(error.description, code: "InvalidDefinition")
        }
    }

    private static let models = try? ServiceModels(
        parsing: Array(
            UnsafeBufferPointer(start: longhaul_service_models, count: longhaul_service_models_length)))

    private func mock(_ value: StateValue?) -> StateTest.Mock? {
        if let text = value?["result"]?.string, let result = try? StateValue(parsing: text) {
            return .result(result)
        }
        guard let error = value?["errorOutput"] else { return nil }
        return .error(StateError(name: error["error"]?.string, cause: error["cause"]?.string))
    }

    private func info(_ input: StateValue) -> ExecutionInfo {
        let arn = "arn:aws:states:us-east-1:000000000000"
        return ExecutionInfo(
            arn: "\(arn):express:machine:run:1", name: "run", stateMachineARN: "\(arn):stateMachine:machine",
            stateMachineName: "machine", roleARN: input["roleArn"]?.string ?? "",
            input: JSONText(validated: Array((input["input"]?.string ?? "{}").utf8)),
            startTime: 1_700_000_000_000, isExpress: true)
    }

    private func problem(_ message: String, code: String = "ValidationException") -> StateObject {
        StateObject([
            ("Error", .members([("Code", .string(code)), ("Message", .string(message))])),
            ("message", .string(message)),
        ])
    }

    private func object(_ result: StateTestResult) -> StateObject {
        var object = StateObject()
        object["status"] = .string(result.status.rawValue)
        object["output"] = result.output.map { .string($0.description) }
        object["error"] = result.error?.name.map { .string($0) }
        object["cause"] = result.error?.cause.map { .string($0) }
        object["nextState"] = result.nextState.map { .string($0) }
        object["inspectionData"] = .object(result.inspection)
        return object
    }
}
