public import LonghaulCore
public import LonghaulJSON
internal import LonghaulStates

/// Executions for callers of Longhaul's own API.
extension StepFunctions {
    /// The execution of a job.
    ///
    /// - Throws: `ExecutionDoesNotExist`.
    public func execution(_ id: JobID) async throws(ServiceError) -> ExecutionView {
        let found = try await found(id)
        var view = view(found, try await redrives(found))
        view.input = found.payload.input
        if found.status == .succeeded { view.output = found.job.result ?? .null }
        view.openStates = try await openStates(found)
        view.mapRuns = try await mapRuns(found)
        return view
    }

    /// A page of executions, the newest one first.
    ///
    /// - Parameters:
    ///   - machine: the state machine; nil for the executions of all machines.
    ///   - status: the status; nil for all.
    /// - Throws: `StateMachineDoesNotExist`.
    public func executions(
        of machine: String?, _ status: ExecutionView.Status?, after cursor: JobCursor?, limit: Int
    ) async throws(ServiceError) -> ExecutionPage {
        var list = ExecutionList(status: status?.rawValue.uppercased())
        if let machine {
            let record = try await self.machine(.machine(machine), arn: machine)
            guard record.type == .standard else { throw .wrongMachineType }
            list.filter.tags[ExecutionTag.machine] = record.name
            list.machineID = record.id
        }
        let page = try await executions(list, after: cursor, limit: limit) { view($0, $1) }
        return ExecutionPage(executions: page.executions, next: page.next)
    }

    /// Starts an execution. An Express execution runs to its end.
    ///
    /// - Throws: `StateMachineDoesNotExist`; `ExecutionAlreadyExists` if another execution has the name.
    public func startExecution(
        of machine: String, _ new: NewExecution, traceHeader: String?, by caller: OperationCaller
    ) async throws(ServiceError) -> (execution: ExecutionView, isReplay: Bool) {
        let (maxBytes, count) = (settings.executions.dataBytes, new.input.bytes.count)
        guard count <= maxBytes else {
            throw .invalidInput("it has \(count) bytes, and the maximum is \(maxBytes)")
        }
        if let name = new.name { try NameRule.check(name) }
        let arn = names.arn(.machine(machine)) + (new.qualifier.map { ":" + $0 } ?? "")
        guard try names.name(arn).machine == machine else { throw .noMachine(machine) }
        let start = ExecutionStart(
            machineARN: arn, name: new.name, input: new.input, traceHeader: traceHeader, caller: caller.name)
        let startable = try await startableMachine(arn)
        guard startable.record.type == .standard else {
            let (payload, end) = try await runExpress(start, startable)
            return (view(payload, end), false)
        }
        let started = try await self.start(start)
        guard let id = started.jobID else { throw .noExecution(started.arn) }
        return (try await execution(id), started.isReplay)
    }

    /// Stops an execution, and waits a few seconds for its end. Does nothing if it has ended.
    ///
    /// - Throws: `ExecutionDoesNotExist`.
    public func stop(_ id: JobID, _ stop: ExecutionStop) async throws(ServiceError) -> ExecutionView {
        _ = try await self.stop(try await found(id), error: stop.error, cause: stop.cause)
        return try await execution(id)
    }

    /// Continues an execution that has ended without success, from the states that failed.
    ///
    /// - Throws: `ExecutionDoesNotExist`, `ExecutionNotRedrivable`.
    public func redrive(_ id: JobID) async throws(ServiceError) -> ExecutionView {
        try await redrive(try await found(id))
        return try await execution(id)
    }

    /// The definition that an execution runs.
    ///
    /// - Throws: `ExecutionDoesNotExist`.
    public func definition(ofExecution id: JobID) async throws(ServiceError) -> JSONText {
        let found = try await found(id)
        guard let revision = try await revision(found.payload.revision) else {
            throw .noMachine(found.payload.machineARN)
        }
        return JSONText(trimming: revision.definition)
    }

    /// A page of the history of an execution.
    ///
    /// - Parameter number: the number of the event after which the page begins, in its order; nil for the first page.
    /// - Throws: `ExecutionDoesNotExist`.
    public func history(
        of id: JobID, after number: Int?, isDescending: Bool, limit: Int
    ) async throws(ServiceError) -> ExecutionHistoryPage {
        let found = try await found(id)
        var range = RecordRange(.event, of: found.job.id, limit: 0)
        range.isDescending = isDescending
        range.after = number.map { ExecutionAdvance.eventName($0) }
        let (records, hasMore) = try await page(range, limit: limit)
        var events: [ExecutionEventView] = []
        for record in records {
            guard let document = try? JSONDocument(lenientlyParsing: record.value.bytes),
                let event = HistoryEvent(document.root)
            else { throw RecordReader.damaged(record.key) }
            events.append(ExecutionEventView(event))
        }
        return ExecutionHistoryPage(events: events, next: hasMore ? events.last?.number : nil)
    }

    private func found(_ id: JobID) async throws(ServiceError) -> FoundExecution {
        guard let found = try await execution(of: id) else { throw .noExecution(id.description) }
        return found
    }

    // MARK: Views

    private func view(_ found: FoundExecution, _ redrives: Redrives) -> ExecutionView {
        var view = ExecutionView(found.payload, id: found.job.id, found.status)
        view.endedAt = found.stoppedAt
        if found.status != .running, found.status != .succeeded {
            view.error = found.failure.error.name
            view.cause = found.failure.error.cause
        }
        view.redriveCount = redrives.count
        view.redrivenAt = redrives.time
        return view
    }

    private func view(_ payload: ExecutionPayload, _ end: ExecutionEnd) -> ExecutionView {
        var view = ExecutionView(payload, id: nil, end.status)
        view.input = payload.input
        view.endedAt = time.now()
        switch end {
        case .succeeded(let output): view.output = output
        case .failed(let error), .aborted(let error), .timedOut(let error):
            view.error = error.name
            view.cause = error.cause
        }
        view.openStates = []
        view.mapRuns = []
        return view
    }

    private func openStates(_ found: FoundExecution) async throws(ServiceError) -> [ExecutionView.OpenState] {
        guard found.status == .running, let revision = try await revision(found.payload.revision) else {
            return []
        }
        // One read, so that all parts are those of the same step.
        var range = RecordRange(.part, of: found.job.id, limit: .max)
        range.maxBytes = .max
        let records = try await read(range).filter { !PartName.isRunners($0.key.name) }
        // The parts are missing if the execution has not begun, or has ended since its job was read.
        guard records.contains(where: { $0.key.name == PartName.info }) else { return [] }
        return try await StepFunctions.apart(bytes: records.reduce(0) { $0 + $1.value.bytes.count }) {
            let parts = records.map { ($0.key.name, $0.value) }
            let snapshot = try ExecutionSnapshot(parts: Dictionary(uniqueKeysWithValues: parts))
            return snapshot.activeStates.prefix(ExecutionView.maxParts).map { active in
                let state = revision.machine.states[active.state]
                return ExecutionView.OpenState(
                    name: state.name, type: state.kind.typeName, entryEvent: active.entryEvent,
                    enteredAt: Timestamp(milliseconds: active.entryTime), retryCount: active.retryCount)
            }
        }
    }

    private func mapRuns(_ found: FoundExecution) async throws(ServiceError) -> [MapRunView] {
        var range = RecordRange(.part, of: found.job.id, limit: ExecutionView.maxParts)
        range.prefix = PartName.mapRunPrefix
        var runs: [MapRunView] = []
        for record in try await read(range) {
            do {
                runs.append(MapRunView(try OpenMapRun(StoredPart(record.key.name, record.value))))
            } catch {
                throw RecordReader.damaged(record.key)
            }
        }
        return runs.sorted { $0.startedAt < $1.startedAt }
    }
}

extension ServiceError {
    static func noExecution(_ id: String) -> ServiceError {
        ServiceError("ExecutionDoesNotExist", "there is no execution \(id)")
    }
}

extension ExecutionView {
    fileprivate init(_ payload: ExecutionPayload, id: JobID?, _ status: ExecutionStatus) {
        self.init(
            id: id, name: payload.name, arn: payload.arn, machine: payload.machine,
            revision: payload.revision.revisionID, status: Status(status), startedAt: payload.startedAt)
        qualifier = (payload.aliasARN ?? payload.versionARN)?.split(separator: ":").last.map(String.init)
    }
}

extension ExecutionView.Status {
    fileprivate init(_ status: ExecutionStatus) {
        self =
            switch status {
            case .running: .running
            case .succeeded: .succeeded
            case .failed: .failed
            case .timedOut: .timedOut
            case .aborted: .aborted
            }
    }
}

extension MapRunView {
    fileprivate init(_ run: OpenMapRun) {
        self.init(
            arn: run.arn, label: run.label, status: ExecutionView.Status(run.status),
            startedAt: Timestamp(milliseconds: run.startTime))
        endedAt = run.endTime.map { Timestamp(milliseconds: $0) }
        maxConcurrency = run.maxConcurrency
        let pending = max(0, run.items - run.runningItems - run.itemOutcomes.total)
        items = Counts(run.itemOutcomes, pending: pending, running: run.runningItems)
        executions = Counts(run.childOutcomes, pending: 0, running: run.runningChildren)
        redriveCount = run.redriveCount
    }
}

extension MapRunView.Counts {
    fileprivate init(_ outcomes: OpenMapRun.OutcomeCounts, pending: Int, running: Int) {
        self.init()
        self.pending = pending
        self.running = running
        succeeded = outcomes.succeeded
        failed = outcomes.failed
        timedOut = outcomes.timedOut
        aborted = outcomes.aborted
    }
}
