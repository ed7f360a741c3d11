import LonghaulCore
import LonghaulJSON
import LonghaulStates

/// What has happened to an execution, as events of the interpreter.
extension ExecutionRun {
    /// Adds the events of reports.
    mutating func add(_ records: [KeyedRecord]) async throws {
        for record in records {
            let stored = try StoredReport(record)
            batch.handledReports.append(stored.name)
            switch stored.report {
            case .childEnded(let end): try await add(end)
            case .task(let task, let value): add(value, on: task)
            case .stop(let error, let cause): events.append(.aborted(StateError(name: error, cause: cause)))
            case .redrive: events.append(.redriven)
            }
        }
    }

    private mutating func add(_ end: ChildEnd) async throws {
        switch ChildPlace(end.task) {
        case .task(let id): try await add(end, of: id)
        case .child(let key, let index): endChild(index, ofMapRun: key, ChildResult(end))
        case nil: break
        }
    }

    private mutating func add(_ end: ChildEnd, of id: Int) async throws {
        guard var task = state.tasks[id], task.jobID == end.jobID else { return }
        let outcome = try await runner.outcome(
            of: end, task, TaskToken(jobID: token.jobID, task: id, key: state.key))
        var worker = end.worker
        if case .delivered(_, let name) = outcome { worker = name }
        if !task.isStarted { events.append(.task(id: id, .started(worker: worker))) }
        switch outcome {
        case .delivered(let output, _):
            task.isStarted = true
            task.jobID = nil
            task.checkTime = nil
            state.set(task, id)
            if let output { events.append(.task(id: id, .submitted(output: output))) }
        case .ended(let report):
            events.append(.task(id: id, report))
            close(id)
        }
    }

    private mutating func add(_ value: JSONText, on name: String) {
        if let key = MapRunUpdate.key(name) { return add(MapRunUpdate(value), mapRun: key) }
        guard let id = Int(name), var task = state.tasks[id], let report = CallerReport(value) else { return }
        if !task.isStarted {
            var worker: String?
            if case .started(let name) = report { worker = name }
            events.append(.task(id: id, .started(worker: worker)))
            task.isStarted = true
            state.set(task, id)
        }
        switch report {
        case .started: break
        case .heartbeat: events.append(.task(id: id, .heartbeat))
        case .succeeded(let output):
            events.append(.task(id: id, .succeeded(output: output)))
            close(id)
        case .failed(let error):
            events.append(.task(id: id, .failed(error)))
            close(id)
        }
    }

    private mutating func add(_ update: MapRunUpdate, mapRun key: String) {
        guard var run = state.mapRuns[key], state.mapRun(run.id)?.key == key else { return }
        run.maxConcurrency = update.maxConcurrency ?? run.maxConcurrency
        run.toleratedCount = update.toleratedCount ?? run.toleratedCount
        run.toleratedPercentage = update.toleratedPercentage ?? run.toleratedPercentage
        state.set(run)
        events.append(.mapRun(id: run.id, .updated(update)))
    }

    /// Forgets a task that has ended. Callers cannot report on it any more.
    mutating func close(_ id: Int) {
        guard let task = state.remove(task: id) else { return }
        if task.isCallback { batch.tasks.updateValue(nil, forKey: "\(id)") }
    }

    /// Handles the end of a child of a map run.
    mutating func endChild(_ index: Int, ofMapRun key: String, _ result: ChildResult) {
        guard var run = state.mapRuns[key], state.mapRun(run.id)?.key == key else { return }
        // The children of a map run that was cancelled count as aborted already.
        if run.status == .running, let items = state.snapshot.itemCount(ofChild: index, inMapRun: run.id) {
            run.runningChildren -= 1
            run.runningItems -= items
            run.childOutcomes.add(1, result.status)
            run.itemOutcomes.add(items, result.status)
            state.set(run)
        }
        events.append(.mapRun(id: run.id, .childEnded(index: index, result)))
    }
}

extension ChildResult {
    /// How the job of a child execution has ended.
    init(_ end: ChildEnd) {
        switch end.state {
        case .completed: self = .succeeded(output: end.result ?? .null)
        case .cancelled: self = .aborted
        default: self = ExecutionFailure(end.error).status == .timedOut ? .timedOut : .failed
        }
    }

    var status: ExecutionStatus {
        switch self {
        case .succeeded: .succeeded
        case .failed: .failed
        case .timedOut: .timedOut
        case .aborted: .aborted
        }
    }
}

/// How an execution has ended without success, from the error of its job.
struct ExecutionFailure {
    let status: ExecutionStatus
    let error: StateError

    init(_ error: JobError?) {
        let node = error?.details.flatMap { try? JSONDocument(lenientlyParsing: $0.bytes).root }
        guard let node, let status = node["status"]?.string.flatMap(ExecutionStatus.init(rawValue:)) else {
            self.status = .failed
            self.error = StateError(name: error?.type, cause: error?.message)
            return
        }
        self.status = status
        self.error = StateError(name: node["error"]?.string, cause: node["cause"]?.string)
    }
}
