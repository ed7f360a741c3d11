internal import CServiceModels
internal import LonghaulCore
internal import LonghaulJSON
public import LonghaulStates

/// Does the work of a Task state that `TestState` tests without a mock, and returns its outcome.
///
/// It throws an error of the operation if the work cannot be tested.
public typealias TestedTask =
    @Sendable (_ task: TaskStart, _ caller: OperationCaller) async throws(ServiceError) -> StateTest.Mock

extension StepFunctions {
    /// The operation that tests a state.
    static let stateTestOperations: [String: Operation] = ["TestState": testState]

    private func testState(_ input: OperationInput) async throws(ServiceError) -> StateObject {
        var test = try StateTestRequest(input, names, random, at: time.now()).test
        let moment = EventMoment(time: time.now().milliseconds, seed: random.next())
        let hasRole = input["roleArn"] != nil
        let mode = input["mock"]?["fieldValidationMode"]?.string
        let validation = ServiceModels.Validation(rawValue: mode ?? "") ?? .strict
        // A mock takes the place of any service.
        let checks = test.mock == nil ? checks(.standard) : DefinitionChecks(isExpress: false)
        try await StepFunctions.apart(in: .steps) { [test] in
            try StepFunctions.check(test, checks, hasRole: hasRole, validation)
        }
        for _ in 0..<2 {
            switch try await StepFunctions.apart(in: .steps, { [test] in try test.run(at: moment) }) {
            case .result(let result):
                return result.output(isDetailed: (input.text("inspectionLevel") ?? "INFO") != "INFO")
            case .task(let task): test.mock = try await outcome(of: task, input.caller)
            }
        }
        throw ServiceError(ServiceError.internalFailure, "The state asks for its work again.")
    }

    private static func check(
        _ test: StateTest, _ checks: DefinitionChecks, hasRole: Bool, _ validation: ServiceModels.Validation
    ) throws(ServiceError) {
        let problems = test.diagnostics(checks).filter { $0.severity == .error }
        guard problems.isEmpty else {
            throw .invalidDefinition(
                DefinitionDiagnostic.invalidDefinition(problems, definition: test.definition))
        }
        if let message = test.problem(hasRole: hasRole, models: serviceModels, validation: validation) {
            throw .invalid(message)
        }
    }

    /// The outcome of the work of a task that is tested without a mock.
    private func outcome(
        of task: TaskStart, _ caller: OperationCaller
    ) async throws(ServiceError) -> StateTest.Mock {
        if let testedTask { return try await testedTask(task, caller) }
        let work = DirectTask(self, try requiredHost(), caller: caller.name)
        let seconds = min(
            task.limits.timeoutSeconds.map(Double.init) ?? .infinity, StepFunctions.maxTestSeconds)
        let report = await withTaskGroup(of: TaskReport.self) { [time] group in
            group.addTask { await work.report(task) }
            group.addTask {
                try? await time.sleep(seconds: seconds)
                return .timedOut
            }
            defer { group.cancelAll() }
            return await group.next() ?? .timedOut
        }
        switch report {
        case .succeeded(let output): return .result((try? StateValue(output)) ?? .null)
        case .failed(let error): return .error(error)
        default: return .error(.timeout)
        }
    }

    /// Maximum time of the work of a state that is tested.
    private static let maxTestSeconds = 300.0

    private static let serviceModels = try? ServiceModels(
        parsing: Array(
            UnsafeBufferPointer(start: longhaul_service_models, count: longhaul_service_models_length)))
}

/// The input of `TestState`.
private struct StateTestRequest {
    let test: StateTest

    init(
        _ input: OperationInput, _ names: ResourceNames, _ random: any RandomSource, at time: Timestamp
    ) throws(ServiceError) {
        let text = JSONText(validated: Array((input.text("input") ?? "{}").utf8))
        guard (try? StateValue(text)) != nil else {
            throw ServiceError(
                "InvalidExecutionInput", "Invalid State Machine Execution Input: the input is not valid JSON")
        }
        let machine = random.uuid()
        let name = random.uuid()
        let info = ExecutionInfo(
            arn: names.arn(path: "express:\(machine):\(name)"), name: name,
            stateMachineARN: names.arn(.machine(machine)), stateMachineName: machine,
            roleARN: input.text("roleArn") ?? "", input: text, startTime: time.milliseconds, isExpress: true)
        var test = StateTest(
            definition: try input.requiredText("definition"), stateName: input.text("stateName"), input: text,
            info: info)
        test.context = try StateTestRequest.object("context", input).map { .object($0) }
        test.variables = try StateTestRequest.object("variables", input) ?? StateObject()
        test.mock = try StateTestRequest.mock(input["mock"])
        let configuration = input["stateConfiguration"]
        test.retryCount = StateTestRequest.count(configuration?["retrierRetryCount"]) ?? 0
        test.failedIterations = StateTestRequest.count(configuration?["mapIterationFailureCount"])
        if let data = configuration?["mapItemReaderData"]?.string {
            guard let value = try? StateValue(parsing: data) else {
                throw .invalid("stateConfiguration.mapItemReaderData is not valid JSON")
            }
            test.readerData = value
        }
        self.test = test
    }

    private static func count(_ value: StateValue?) -> Int? {
        value?.number?.int64.map { Int(clamping: max(0, $0)) }
    }

    /// A member that is the text of a JSON object.
    private static func object(_ name: String, _ input: OperationInput) throws(ServiceError) -> StateObject? {
        guard let text = input.text(name) else { return nil }
        guard let object = (try? StateValue(parsing: text))?.object else {
            throw .invalid("The \(name) must be the text of a JSON object")
        }
        return object
    }

    private static func mock(_ value: StateValue?) throws(ServiceError) -> StateTest.Mock? {
        guard let value else { return nil }
        let error = value["errorOutput"].flatMap { $0.isNull ? nil : $0 }
        guard let text = value["result"]?.string else {
            return error.map { .error(StateError(name: $0["error"]?.string, cause: $0["cause"]?.string)) }
        }
        guard error == nil else {
            throw .invalid(
                "A test mock should have only one of the following fields: [result, errorOutput].")
        }
        guard let result = try? StateValue(parsing: text) else {
            throw .invalid("Mocked result must be valid JSON.")
        }
        return .result(result)
    }
}

extension StateTestResult {
    /// The result as `TestState` returns it.
    fileprivate func output(isDetailed: Bool) -> StateObject {
        var object = StateObject()
        object["output"] = output.map { .string($0.description) }
        object["error"] = error?.name.map { .string($0) }
        object["cause"] = error?.cause.map { .string($0) }
        if isDetailed { object["inspectionData"] = .object(inspection) }
        object["nextState"] = nextState.map { .string($0) }
        object["status"] = .string(status.rawValue)
        return object
    }
}
