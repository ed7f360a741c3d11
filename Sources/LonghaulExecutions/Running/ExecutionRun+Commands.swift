import LonghaulCore
import LonghaulEngine
import LonghaulJSON
import LonghaulStates

/// What the interpreter commands.
extension ExecutionRun {
    mutating func perform(_ command: ExecutionCommand) async throws {
        switch command {
        case .startTask(let start): try await self.start(start)
        case .cancelTask(let id): cancel(task: id)
        case .startTimer(let id, let time): state.startTimer(id, at: time)
        case .cancelTimer(let id): state.cancelTimer(id)
        case .startMapRun(let start): self.start(start)
        case .readItems(let read): updateMapRun(read.mapRun) { $0.read = read }
        case .startChildren(let id, let starts): startChildren(id, starts)
        case .writeResults(let write): updateMapRun(write.mapRun) { $0.write = write }
        case .cancelMapRun(let id): cancelChildren(id)
        case .redriveMapRun(let id): updateMapRun(id) { [now] in $0.redrive(at: now) }
        case .endMapRun(let id, let status): endMapRun(id, status)
        case .end(let end): self.end = end
        case .proceed: break
        }
    }

    // MARK: - Tasks

    private mutating func start(_ start: TaskStart) async throws {
        var task = OpenTask(resource: start.resource)
        task.limits = start.limits
        task.isCallback = start.resource.pattern == .taskToken || start.resource.isActivity
        if task.isCallback { batch.tasks["\(start.id)"] = record(of: start.id) }
        switch runner.service.planner.plan(start) {
        case .failed(let error):
            immediate.append(.task(id: start.id, .started(worker: nil)))
            immediate.append(.task(id: start.id, .failed(error)))
            if task.isCallback { batch.tasks.updateValue(nil, forKey: "\(start.id)") }
            return
        case .request:
            task.isPending = true
            task.jobID = runner.engine.newIdentifier()
            task.parameters = start.parameters
        case .job(let job, let isSubmitted):
            do {
                let submission = try runner.submission(of: job, start, parent: self.job)
                task.jobID = submission.id
                add(submission, of: start, isSubmitted: isSubmitted)
                if isSubmitted { return }
            } catch {
                return try await self.fail(start, task, error)
            }
            if let seconds = task.checkSeconds { task.checkTime = now + Int64(seconds) * 1000 }
        }
        state.set(task, start.id)
    }

    private mutating func add(_ submission: Submission, of start: TaskStart, isSubmitted: Bool) {
        var submission = submission
        submission.parentID = token.jobID
        guard isSubmitted else {
            submission.parentOperation = ChildPlace.task(start.id).text
            return batch.add(submission)
        }
        batch.add(submission)
        immediate.append(.task(id: start.id, .started(worker: nil)))
        let output = TaskOutput.submitted(submission.id, start.resource)
        immediate.append(.task(id: start.id, .succeeded(output: output)))
    }

    private mutating func fail(_ start: TaskStart, _ task: OpenTask, _ error: any Error) async throws {
        guard let error = error as? LonghaulError, !error.isTransient else { throw error }
        immediate.append(.task(id: start.id, .started(worker: nil)))
        immediate.append(.task(id: start.id, .failed(StateError(submission: error))))
        if task.isCallback { batch.tasks.updateValue(nil, forKey: "\(start.id)") }
    }

    /// What the store keeps of a task on which callers may report.
    private func record(of id: Int) -> JSONText {
        var writer = JSONWriter()
        writer.object {
            $0.field("secret", TaskToken(jobID: token.jobID, task: id, key: state.key).secret)
        }
        return writer.text
    }

    private mutating func cancel(task id: Int) {
        if let jobID = state.tasks[id]?.jobID { batch.cancel(jobID) }
        close(id)
    }

    // MARK: - Map runs

    mutating func updateMapRun(_ id: Int, _ change: (inout OpenMapRun) -> Void) {
        guard var run = state.mapRun(id) else { return }
        change(&run)
        state.set(run)
    }

    private mutating func start(_ start: MapRunStart) {
        let run = OpenMapRun(start, at: now)
        state.set(run)
        var writer = JSONWriter()
        writer.object { $0.field("job", token.jobID.description) }
        let name = "\(payload.machine)/\(run.label):\(run.key)"
        batch.links[RecordKey(.mapRun, name)] = writer.text
        countItems(start.id)
    }

    /// Notes how many items a map run has.
    mutating func countItems(_ id: Int) {
        guard let counts = state.snapshot.counts(ofMapRun: id) else { return }
        updateMapRun(id) { $0.items = counts.items }
    }

    private mutating func startChildren(_ id: Int, _ starts: [ChildStart]) {
        guard var run = state.mapRun(id) else { return }
        for start in starts {
            let items = state.snapshot.itemCount(ofChild: start.index, inMapRun: id) ?? 1
            run.runningChildren += 1
            run.runningItems += items
            batch.add(child(run, start, items: items))
        }
        state.set(run)
        countItems(id)
    }

    private func child(_ run: OpenMapRun, _ start: ChildStart, items: Int) -> Submission {
        let id = runner.engine.newIdentifier()
        let names = runner.service.names
        let arn: ResourceName =
            run.isExpress
            ? .expressExecution(
                machine: payload.machine, label: run.label, name: id.description, id: id.description)
            : .execution(machine: payload.machine, label: run.label, name: id.description)
        var child = ExecutionPayload(
            revision: payload.revision, machine: payload.machine,
            machineARN: names.arn(.map(machine: payload.machine, label: run.label)),
            name: id.description, arn: names.arn(arn), input: start.input,
            startedAt: Timestamp(milliseconds: now))
        child.isExpress = run.isExpress
        child.versionARN = payload.versionARN
        child.aliasARN = payload.aliasARN
        child.child = ExecutionPayload.Child(
            mapRun: run.id, index: start.index, block: run.block, mapRunARN: run.arn, items: items)
        var submission = Submission.execution(child, id: id, caller: job.caller)
        submission.spec.tags = [ExecutionTag.mapRun: run.key]
        submission.spec.traceparent = job.spec.traceparent
        submission.parentID = token.jobID
        submission.parentOperation = ChildPlace.child(mapRun: run.key, index: start.index).text
        return submission
    }

    /// Cancels the children of a map run that have not ended, after this commit: it may start some of them.
    private mutating func cancelChildren(_ id: Int) {
        updateMapRun(id) { [now] run in
            if run.status == .running {
                run.status = .aborted
                run.endTime = now
            }
            run.mustCancel = true
            run.childOutcomes.aborted += run.runningChildren
            run.itemOutcomes.aborted += run.runningItems
            run.runningChildren = 0
            run.runningItems = 0
        }
    }

    private mutating func endMapRun(_ id: Int, _ status: ExecutionStatus) {
        updateMapRun(id) { [now] run in
            run.status = status
            run.endTime = now
            run.read = nil
            run.write = nil
        }
    }
}

extension OpenTask {
    /// How long the runner waits before it looks whether the worker of the job is alive, in seconds; nil for no check.
    var checkSeconds: Int? {
        // The heartbeats of an activity count from its start, which its worker reports.
        resource.isActivity
            ? limits.timeoutSeconds
            : [limits.timeoutSeconds, limits.heartbeatSeconds].compactMap { $0 }.min()
    }
}

extension JobReading {
    /// Without payloads and results.
    static let summary = JobReading(isSummary: true)
}

extension TaskResource {
    /// Whether the resource is an activity.
    var isActivity: Bool {
        if case .activity = kind { return true }
        return false
    }
}
