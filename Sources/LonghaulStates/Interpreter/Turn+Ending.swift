internal import LonghaulJSON

extension Turn {
    /// Ends the execution. States that are not over end without an event of their own, as on AWS.
    ///
    /// - Parameter previous: The event that the last one follows.
    mutating func end(_ end: ExecutionEnd, after previous: Int, output: Payload? = nil) {
        guard snapshot.header.status == .running else { return }
        if end.status != .succeeded { haltBranches() }
        cancelTimer(snapshot.header.timeoutTimer)
        snapshot.header.timeoutTimer = nil
        switch end {
        case .succeeded(let output): record(.executionSucceeded, .output(output), after: previous)
        case .failed(let error): recordEnd(.executionFailed, error, after: previous)
        case .aborted(let error): recordEnd(.executionAborted, error, after: previous)
        case .timedOut(let error): recordEnd(.executionTimedOut, error, after: previous)
        }
        snapshot.header.status = end.status
        snapshot.header.output = output
        snapshot.header.ready = []
        commands.append(.end(end))
        if case .succeeded = end {
            dropGroup(0)
            removeBranch(0)
        }
    }

    /// Stops all branches. They stay in the snapshot, for a redrive.
    private mutating func haltBranches() {
        for (id, branch) in snapshot.branches.sorted(by: { $0.key < $1.key }) where !branch.isHalted {
            release(branch)
            update(id) { $0.activity = .halted }
            if snapshot.mapRuns[id] != nil { commands.append(.cancelMapRun(id: id)) }
        }
    }

    private mutating func recordEnd(_ type: HistoryEventType, _ error: StateError, after last: Int) {
        record(type, .failure(error), after: last)
        snapshot.header.error = error
    }

    /// Runs an execution that has failed again, from the states that have not succeeded.
    mutating func redrive() {
        guard snapshot.header.status != .running, snapshot.header.status != .succeeded else { return }
        snapshot.header.status = .running
        snapshot.header.error = nil
        snapshot.header.redriveCount += 1
        snapshot.header.redriveTime = time
        let event = record(
            .executionRedriven, .redriven(count: snapshot.header.redriveCount),
            after: snapshot.header.lastEvent)
        startTimeout()
        resume(0, after: event)
    }

    /// Runs the current state of a branch again, or those branches of its group that have not succeeded.
    private mutating func resume(_ id: Int, after event: Int) {
        guard let branch = snapshot.branches[id] else { return }
        update(id) {
            $0.lastEvent = event
            $0.retries = []
            $0.activity = .none
        }
        guard branch.state != nil else { return ready.append(.begin(branch: id)) }
        if snapshot.mapRuns[id] != nil { return resumeMapRun(id) }
        guard let group = snapshot.groups[id] else { return ready.append(.run(branch: id)) }
        update(id) { $0.activity = .group }
        for (_, child) in group.active.sorted(by: { $0.key < $1.key }) { resume(child, after: event) }
        ready.append(.advance(branch: id, after: event))
    }

    /// Redrives the children of a map run that have not succeeded. A map run whose items could not be read starts from the beginning.
    private mutating func resumeMapRun(_ id: Int) {
        guard let position = snapshot.mapRuns.index(forKey: id) else { return }
        guard snapshot.mapRuns.values[position].phase != .reading else {
            dropGroup(id)
            return ready.append(.run(branch: id))
        }
        update(id) { $0.activity = .mapRun }
        let arn = snapshot.mapRuns.values[position].arn
        let count = snapshot.header.redriveCount
        record(.mapRunRedriven, .mapRunRedriven(arn: arn, count: count), in: id)
        for index in snapshot.mapRuns.values[position].redrive() {
            snapshot.changed.insert(.child(id, index))
        }
        snapshot.changed.insert(.mapRun(id))
        commands.append(.redriveMapRun(id: id))
        ready.append(.advance(branch: id, after: 0))
    }
}
