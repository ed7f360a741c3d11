internal import LonghaulCore
internal import LonghaulEngine
internal import LonghaulJSON
internal import LonghaulStates

/// A request for an execution.
struct ExecutionStart: Sendable {
    /// The ARN of the machine, the version or the alias.
    var machineARN: String
    /// The name; nil for one that is made up.
    var name: String?
    /// The input.
    var input: JSONText
    /// The trace header.
    var traceHeader: String?
    /// The caller.
    var caller: String
    /// The job of the execution, if it must be this one; a repeated request finds it.
    var jobID: JobID?
    /// The execution that waits for the end of this one, and its task; nil for none.
    var parent: (jobID: JobID, task: Int)?
}

/// An execution that was started.
struct StartedExecution: Sendable {
    /// The job; nil for an Express execution.
    let jobID: JobID?
    let arn: String
    let startedAt: Timestamp
    /// Whether an earlier request has started it.
    var isReplay = false
}

extension StepFunctions {
    /// Operations that start executions.
    static let startOperations: [String: Operation] = [
        "StartExecution": startExecution,
        "StartSyncExecution": startSyncExecution,
    ]

    private func startExecution(_ input: OperationInput) async throws(ServiceError) -> StateObject {
        let started = try await start(try ExecutionStart(input))
        return StateObject([
            ("executionArn", .string(started.arn)), ("startDate", .timestamp(started.startedAt)),
        ])
    }

    /// Starts an execution.
    func start(_ start: ExecutionStart) async throws(ServiceError) -> StartedExecution {
        if let name = start.name { try NameRule.check(name) }
        let machine = try await startableMachine(start.machineARN)
        guard machine.record.type == .standard else { return try await startExpress(start, machine) }
        let host = try requiredHost()
        try await checkOpenExecutions(host)
        let id = start.jobID ?? host.engine.newIdentifier()
        let name = start.name ?? id.description
        let arn = names.arn(.execution(machine: machine.record.name, label: nil, name: name))
        let payload = payload(start, machine, name: name, arn: arn)
        for _ in 0..<StepFunctions.maxConflicts {
            if try await store(payload, id, start) {
                openExecutions.add()
                return StartedExecution(jobID: id, arn: arn, startedAt: payload.startedAt)
            }
            if let existing = try await existing(payload, start) { return existing }
        }
        throw .conflict("Concurrent requests are starting the execution '\(arn)'. Try again.")
    }

    func payload(
        _ start: ExecutionStart, _ machine: StartableMachine, name: String, arn: String
    ) -> ExecutionPayload {
        var payload = ExecutionPayload(
            revision: machine.revision.key, machine: machine.record.name,
            machineARN: names.arn(.machine(machine.record.name)), name: name, arn: arn, input: start.input,
            startedAt: time.now())
        payload.versionARN = machine.versionARN
        payload.aliasARN = machine.aliasARN
        payload.traceHeader = start.traceHeader
        return payload
    }

    /// Stores the execution.
    ///
    /// - Returns: false if there is an execution of this name.
    private func store(
        _ payload: ExecutionPayload, _ id: JobID, _ start: ExecutionStart
    ) async throws(ServiceError) -> Bool {
        var submission = Submission.execution(payload, id: id, caller: start.caller)
        if let parent = start.parent {
            submission.parentID = parent.jobID
            submission.parentOperation = ChildPlace.task(parent.task).text
        }
        let name = ExecutionRecord(
            machine: payload.machine, name: payload.name, jobID: id, machineID: payload.revision.machineID)
        do {
            if case .written = try await store.write([name.write], starting: submission) { return true }
            return false
        } catch let error as LonghaulError where error.code == .systemBusy {
            throw ServiceError("ExecutionLimitExceeded", error.detail)
        } catch {
            throw ServiceError(error)
        }
    }

    /// The execution that has the name already; nil if it is gone.
    ///
    /// - Throws: `ExecutionAlreadyExists` if it is another one.
    private func existing(
        _ payload: ExecutionPayload, _ start: ExecutionStart
    ) async throws(ServiceError) -> StartedExecution? {
        let key = ExecutionRecord.key(machine: payload.machine, name: payload.name)
        guard let record = try await read(key) else { return nil }
        let id = try ExecutionRecord(record).jobID
        guard let job = try await job(id) else { return nil }
        let other = try storedPayload(job)
        let isSame = other.input == payload.input && !job.state.isFinal && start.parent == nil
        guard isSame || id == start.jobID else {
            throw ServiceError("ExecutionAlreadyExists", "Execution Already Exists: '\(payload.arn)'")
        }
        return StartedExecution(
            jobID: id, arn: payload.arn, startedAt: other.startedAt, isReplay: true)
    }

    /// Throws `ExecutionLimitExceeded` if there are as many open executions as there may be.
    func checkOpenExecutions(_ host: ExecutionHost) async throws(ServiceError) {
        guard let limit = settings.executions.openExecutions else { return }
        let count = try await openExecutions.count(host, time)
        guard count < limit else {
            throw ServiceError(
                "ExecutionLimitExceeded", "There are already \(count) open executions; the limit is \(limit)."
            )
        }
    }
}

extension ExecutionStart {
    init(_ input: OperationInput) throws(ServiceError) {
        let text = input.text("input") ?? "{}"
        let bytes = Array(text.utf8)
        do {
            _ = try JSONText(parsing: bytes, maxDepth: StateValue.maxDepth)
        } catch {
            throw .invalidInput("the input is not valid JSON: \(error.message)")
        }
        self.init(
            machineARN: try input.requiredText("stateMachineArn"), name: input.text("name"),
            input: JSONText(validated: bytes), traceHeader: input.text("traceHeader"),
            caller: input.caller.name)
    }
}

extension ServiceError {
    static func invalidInput(_ message: String) -> ServiceError {
        ServiceError("InvalidExecutionInput", "Invalid State Machine Execution Input: '\(message)'")
    }
}
