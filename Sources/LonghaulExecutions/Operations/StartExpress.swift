internal import LonghaulCore
internal import LonghaulEngine
internal import LonghaulJSON
internal import LonghaulStates

extension StepFunctions {
    /// Starts an Express execution, which runs in memory.
    func startExpress(
        _ start: ExecutionStart, _ machine: StartableMachine
    ) async throws(ServiceError) -> StartedExecution {
        let host = try requiredHost()
        let payload = expressPayload(start, machine)
        try express.begin()
        Task {
            var run = ExpressRun(self, host, payload, machine.revision, caller: start.caller)
            _ = await run.run()
            express.end()
        }
        return StartedExecution(jobID: nil, arn: payload.arn, startedAt: payload.startedAt)
    }

    private func expressPayload(_ start: ExecutionStart, _ machine: StartableMachine) -> ExecutionPayload {
        let name = start.name ?? random.uuid()
        let arn = names.arn(
            .expressExecution(machine: machine.record.name, label: nil, name: name, id: random.uuid()))
        var payload = payload(start, machine, name: name, arn: arn)
        payload.isExpress = true
        return payload
    }

    /// `StartSyncExecution`.
    func startSyncExecution(_ input: OperationInput) async throws(ServiceError) -> StateObject {
        let start = try ExecutionStart(input)
        if let name = start.name { try NameRule.check(name) }
        let machine = try await startableMachine(start.machineARN)
        guard machine.record.type == .express else { throw .wrongMachineType }
        let (payload, end) = try await runExpress(start, machine)
        return output(payload, end, isComplete: input.text("includedData") != "METADATA_ONLY")
    }

    /// Runs an Express execution to its end.
    func runExpress(
        _ start: ExecutionStart, _ machine: StartableMachine
    ) async throws(ServiceError) -> (ExecutionPayload, ExecutionEnd) {
        let host = try requiredHost()
        let payload = expressPayload(start, machine)
        try express.begin()
        var run = ExpressRun(self, host, payload, machine.revision, caller: start.caller)
        let end = await run.run()
        express.end()
        return (payload, end)
    }

    private func output(_ payload: ExecutionPayload, _ end: ExecutionEnd, isComplete: Bool) -> StateObject {
        let stop = time.now()
        var output = StateObject([
            ("executionArn", .string(payload.arn)), ("stateMachineArn", .string(payload.machineARN)),
            ("name", .string(payload.name)), ("startDate", .timestamp(payload.startedAt)),
            ("stopDate", .timestamp(stop)), ("status", .string(end.syncStatus)),
        ])
        if isComplete {
            output["input"] = .string(payload.input.description)
            output["inputDetails"] = .members([("included", .bool(true))])
        }
        switch end {
        case .succeeded(let text):
            guard isComplete else { break }
            output["output"] = .string(text.description)
            output["outputDetails"] = .members([("included", .bool(true))])
        case .failed(let error), .aborted(let error), .timedOut(let error):
            output["error"] = error.name.map { .string($0) }
            output["cause"] = error.cause.map { .string($0) }
        }
        output["traceHeader"] = payload.traceHeader.map { .string($0) }
        let milliseconds = max(0, stop.milliseconds - payload.startedAt.milliseconds)
        let billed = (Int(milliseconds) + 99) / 100 * 100
        output["billingDetails"] = .members([
            ("billedMemoryUsedInMB", .integer(64)),
            ("billedDurationInMilliseconds", .integer(max(100, billed))),
        ])
        return output
    }
}

extension ExecutionEnd {
    /// The status in the answer to `StartSyncExecution`, which knows no aborted executions.
    fileprivate var syncStatus: String { status == .aborted ? "FAILED" : status.rawValue }
}
