internal import LonghaulCore
internal import LonghaulEngine
internal import LonghaulJSON
internal import LonghaulStates

/// An execution that callers ask about.
struct FoundExecution: Sendable {
    let job: Job
    let payload: ExecutionPayload
    /// Whether its map run is redriven, and has not redriven its unsuccessful children yet.
    var isMapRunRedriven = false

    var status: ExecutionStatus {
        switch job.state {
        case .completed: .succeeded
        case .cancelled: .aborted
        case .failed: failure.status
        default: .running
        }
    }

    /// AWS's name of the status. A child that waits for its redrive has one of its own.
    var statusName: String {
        switch status {
        case .failed, .timedOut, .aborted: isMapRunRedriven ? FoundExecution.pendingRedrive : status.rawValue
        case .running, .succeeded: status.rawValue
        }
    }

    static let pendingRedrive = "PENDING_REDRIVE"

    var failure: ExecutionFailure { ExecutionFailure(job.error) }

    var stoppedAt: Timestamp? { status == .running ? nil : job.finishedAt }
}

/// The number of redrives of an execution, and the time of the latest one.
struct Redrives: Sendable, Hashable {
    var count = 0
    var time: Timestamp?
    /// The number of events in the history.
    var events = 0
}

extension StepFunctions {
    /// Operations of an execution.
    static let executionOperations: [String: Operation] = [
        "DescribeExecution": describeExecution,
        "StopExecution": stopExecution,
        "RedriveExecution": redriveExecution,
        "DescribeStateMachineForExecution": describeMachineForExecution,
    ]

    /// The execution of an ARN.
    ///
    /// - Throws: `ExecutionDoesNotExist`, `InvalidArn`.
    func execution(_ arn: String) async throws(ServiceError) -> FoundExecution {
        let missing = ServiceError("ExecutionDoesNotExist", "Execution Does Not Exist: '\(arn)'")
        let id: JobID?
        let machine: String
        switch try names.name(arn) {
        case .execution(let name, nil, let execution):
            machine = name
            let record = try await read(ExecutionRecord.key(machine: name, name: execution))
            id = try record.map { record throws(ServiceError) in try ExecutionRecord(record).jobID }
        case .execution(let name, _?, let execution), .expressExecution(let name, _?, _, let execution):
            machine = name
            id = JobID(execution)
        case .expressExecution: throw .wrongMachineType
        default: throw names.wrongType(arn)
        }
        guard let id, let found = try await execution(of: id), found.payload.machine == machine else {
            throw missing
        }
        return found
    }

    /// The execution of a job; nil if there is none.
    func execution(of id: JobID) async throws(ServiceError) -> FoundExecution? {
        guard let job = try await job(id), job.spec.kind == JobSpec.executionKind else { return nil }
        return FoundExecution(job: job, payload: try storedPayload(job))
    }

    /// A job; nil if there is none.
    func job(_ id: JobID) async throws(ServiceError) -> Job? {
        do {
            return try await requiredHost().engine.job(id)
        } catch let error as LonghaulError where error.code == .notFound {
            return nil
        } catch {
            throw ServiceError(error)
        }
    }

    func storedPayload(_ job: Job) throws(ServiceError) -> ExecutionPayload {
        do {
            return try ExecutionPayload(job)
        } catch {
            throw ServiceError(error)
        }
    }

    // MARK: - Describe

    private func describeExecution(_ input: OperationInput) async throws(ServiceError) -> StateObject {
        var found = try await execution(try input.requiredText("executionArn"))
        found.isMapRunRedriven = try await isMapRunRedriven(found)
        let redrives = try await redrives(found)
        let isComplete = input.text("includedData") != "METADATA_ONLY"
        var output = StateObject([
            ("executionArn", .string(found.payload.arn)),
            ("stateMachineArn", .string(found.payload.machineARN)),
            ("name", .string(found.payload.name)), ("status", .string(found.statusName)),
            ("startDate", .timestamp(found.payload.startedAt)),
        ])
        output["stopDate"] = found.stoppedAt.map { .timestamp($0) }
        if isComplete {
            output["input"] = .string(found.payload.input.description)
            output["inputDetails"] = .members([("included", .bool(true))])
        }
        describeEnd(of: found, isComplete, in: &output)
        output["traceHeader"] = found.payload.traceHeader.map { .string($0) }
        output["mapRunArn"] = found.payload.child.map { .string($0.mapRunARN) }
        output["stateMachineVersionArn"] = found.payload.versionARN.map { .string($0) }
        output["stateMachineAliasArn"] = found.payload.aliasARN.map { .string($0) }
        output["redriveCount"] = .integer(redrives.count)
        output["redriveDate"] = redrives.time.map { .timestamp($0) }
        let (status, reason) = redriveStatus(found, redrives)
        output["redriveStatus"] = .string(status)
        output["redriveStatusReason"] = reason.map { .string($0) }
        return output
    }

    /// Whether an execution is the child of a map run that has not redriven its children yet.
    private func isMapRunRedriven(_ found: FoundExecution) async throws(ServiceError) -> Bool {
        guard let child = found.payload.child, found.stoppedAt != nil,
            case .mapRun(_, _, let id) = try names.name(child.mapRunARN), let parent = found.job.parentID,
            let part = try await read(RecordKey(.part, of: parent, PartName.mapRun(id)))
        else { return false }
        return try StepFunctions.run(part).mustRedrive
    }

    private func describeEnd(of found: FoundExecution, _ isComplete: Bool, in output: inout StateObject) {
        switch found.status {
        case .running: break
        case .succeeded:
            guard isComplete else { break }
            output["output"] = .string((found.job.result ?? .null).description)
            output["outputDetails"] = .members([("included", .bool(true))])
        case .failed, .timedOut, .aborted:
            output["error"] = found.failure.error.name.map { .string($0) }
            output["cause"] = found.failure.error.cause.map { .string($0) }
        }
    }

    /// The redrives of an execution.
    func redrives(_ found: FoundExecution) async throws(ServiceError) -> Redrives {
        let key = RecordKey(.part, of: found.job.id, PartName.header)
        guard let record = try await read(key) else { return Redrives() }
        let reader = try RecordReader(record)
        func count(_ name: String) -> Int { Int(reader.value[name]?.number?.int64 ?? 0) }
        return Redrives(
            count: count("redrives"), time: reader.optionalTime("redriven"), events: count("event"))
    }

    // MARK: - Stop and redrive

    private func stopExecution(_ input: OperationInput) async throws(ServiceError) -> StateObject {
        let found = try await execution(try input.requiredText("executionArn"))
        let end = try await stop(found, error: input.text("error"), cause: input.text("cause"))
        return StateObject([("stopDate", .timestamp(end))])
    }

    /// Stops an execution that runs, and waits for its end.
    ///
    /// - Returns: when it ended, or the time now if it has not ended soon.
    func stop(_ found: FoundExecution, error: String?, cause: String?) async throws(ServiceError) -> Timestamp
    {
        if let time = found.stoppedAt { return time }
        do {
            try await store.report(.stop(error: error, cause: cause), to: found.job.id)
        } catch let error as LonghaulError where error.code == .conflict {
            // It has ended by itself.
        } catch {
            throw ServiceError(error)
        }
        let ended = try await waitForEnd(of: found.job.id)
        return ended?.finishedAt ?? time.now()
    }

    /// How long a stop waits for the end of the execution, and a redrive for the end of its children, in seconds.
    private static let stopSeconds = 5.0

    private func waitForEnd(of id: JobID) async throws(ServiceError) -> Job? {
        do {
            return try await requiredHost().engine.wait(for: id, seconds: StepFunctions.stopSeconds)
        } catch let error as LonghaulError where error.code == .notFound {
            return nil
        } catch {
            throw ServiceError(error)
        }
    }

    private func redriveExecution(_ input: OperationInput) async throws(ServiceError) -> StateObject {
        try await redrive(try await execution(try input.requiredText("executionArn")))
        return StateObject([("redriveDate", .timestamp(time.now()))])
    }

    /// Continues an execution that has ended without success.
    ///
    /// - Throws: `ExecutionNotRedrivable`, also if children of map runs are still stopping: their end would count as another
    ///   failure; `ExecutionLimitExceeded`.
    func redrive(_ found: FoundExecution) async throws(ServiceError) {
        let (status, reason) = redriveStatus(found, try await redrives(found))
        guard status == "REDRIVABLE" else {
            throw .notRedrivable(reason ?? "The execution is redriven by its map run")
        }
        try await checkOpenExecutions(try requiredHost())
        guard try await haveChildrenEnded(of: found.job.id) else {
            throw .notRedrivable("Executions of the map run have not stopped yet")
        }
        do {
            try await store.report(.redrive, to: found.job.id)
        } catch let error as LonghaulError where error.code == .conflict {
            throw .notRedrivable("Execution is not redrivable: \(error.detail)")
        } catch {
            throw ServiceError(error)
        }
    }

    /// Waits for the children of map runs that the end of their parent has stopped. Returns whether all have ended.
    private func haveChildrenEnded(of parent: JobID) async throws(ServiceError) -> Bool {
        let deadline = time.now().adding(seconds: StepFunctions.stopSeconds)
        var filter = JobFilter()
        filter.parentID = parent
        filter.kind = JobSpec.executionKind
        filter.states = JobState.allCases.filter { !$0.isFinal }
        let host = try requiredHost()
        do {
            while true {
                let page = try await host.engine.jobs(
                    filter, after: nil, limit: 500, reading: JobReading(isSummary: true))
                let running = page.jobs.first { $0.spec.tags[ExecutionTag.mapRun] != nil }
                guard let running else { return true }
                let seconds = deadline.seconds(since: time.now())
                guard seconds > 0 else { return false }
                _ = try await host.engine.wait(for: running.id, seconds: seconds)
            }
        } catch let error as LonghaulError where error.code == .notFound {
            return true
        } catch {
            throw ServiceError(error)
        }
    }

    // MARK: - Machine

    private func describeMachineForExecution(_ input: OperationInput) async throws(ServiceError)
        -> StateObject
    {
        let arn = try input.requiredText("executionArn")
        let found = try await execution(arn)
        guard let revision = try await revision(found.payload.revision) else {
            throw .noMachine(found.payload.machineARN)
        }
        let isComplete = input.text("includedData") != "METADATA_ONLY"
        var output = StateObject([
            ("stateMachineArn", .string(found.payload.machineARN)), ("name", .string(found.payload.machine)),
            ("definition", .string(isComplete ? revision.definition : "{}")),
            ("roleArn", .string(revision.roleARN)), ("updateDate", .timestamp(revision.createdAt)),
        ])
        revision.configuration.describe(in: &output)
        if let child = found.payload.child {
            output["mapRunArn"] = .string(child.mapRunARN)
            output["label"] = found.payload.machineARN.split(separator: "/").last.map { .string(String($0)) }
        }
        if revision.key.revisionID != MachineRecord.initialRevision {
            output["revisionId"] = .string(revision.key.revisionID)
        }
        if isComplete { output["variableReferences"] = try await references(revision) }
        return output
    }
}

extension StepFunctions {
    /// AWS's redrive status of an execution, and the reason for it.
    private func redriveStatus(
        _ found: FoundExecution, _ redrives: Redrives
    ) -> (status: String, reason: String?) {
        switch found.status {
        case .running, .succeeded:
            return ("NOT_REDRIVABLE", "Execution is \(found.status.rawValue) and cannot be redriven")
        case .failed, .timedOut, .aborted:
            guard found.payload.child == nil else { return ("REDRIVABLE_BY_MAP_RUN", nil) }
            // A redrive needs room for its own event and the end.
            guard redrives.events < settings.executions.historyEvents - 1 else {
                return ("NOT_REDRIVABLE", "Execution history event limit exceeded")
            }
            return ("REDRIVABLE", nil)
        }
    }
}

extension ServiceError {
    /// The operation takes standard machines.
    static let wrongMachineType = ServiceError(
        "StateMachineTypeNotSupported", "This operation is not supported by this type of state machine")

    static func notRedrivable(_ message: String) -> ServiceError {
        ServiceError("ExecutionNotRedrivable", message)
    }
}
