package import LonghaulCore

/// The one place where a stored job changes its state.
extension StoreTransaction {
    /// Changes the state of a job: counts it, adds the change to its history, stores the row, and publishes the change.
    /// The caller has set all other fields of the row.
    ///
    /// - Parameters:
    ///   - fault: the reason; stored with the attempt that it ends, if the job is leased.
    ///   - notifiesParent: whether the end of a child job ends the operation of its parent, or is reported to an execution.
    package func move(
        _ row: inout JobRow, to state: JobState, fault: JobError? = nil, notifiesParent: Bool = true
    ) throws {
        let previous = row.job.state
        let state = state == .pending && row.job.isPaused ? .suspended : state
        let since = row.history.latestAt
        // A suspended job is due when the earliest of its waits ends by time.
        if state == .suspended, let wakeAt = row.wakeAt {
            if wakeAt <= now { try endDueWaits(of: &row) }
            row.job.runAt = row.wakeAt ?? row.job.runAt
        }
        row.job.state = state
        row.history.append(
            JobHistory.Entry(state: state, attempt: row.job.attempt, at: now, runAt: row.job.runAt))
        row.job.version = row.history.version
        var change = JobChange(row, previous: previous, at: now)
        change.operationEnds = row.operationEnds
        row.operationEnds = [:]
        if state == .processing { change.waitedSeconds = max(0, now.seconds(since: row.job.runAt)) }
        if previous == .processing {
            row.leaseExpiresAt = nil
            change.ranSeconds = since.map { max(0, now.seconds(since: $0)) }
            if state != .completed { change.endedFence = row.fence }
        }
        let kept = fault.map { recordFault($0, in: &row, endedFence: change.endedFence) }
        change.error = fault
        try prepareState(&row, fault: fault, isLate: true)
        count(row.job.spec, from: previous, to: state)
        try update(row, from: previous, fault: kept)
        try addDelivery(for: row)
        publish(change)
        if notifiesParent, state.isFinal, row.parentOperation != nil {
            try endParentOperation(of: row, fault: fault)
        }
    }

    /// Stores the row of a new job, counts it, and publishes it.
    func add(_ row: inout JobRow, fault: JobError?) throws {
        row.history.append(
            JobHistory.Entry(state: row.job.state, attempt: 0, at: now, runAt: row.job.runAt))
        let kept = fault.map { recordFault($0, in: &row, endedFence: nil) }
        row.job.error = fault
        try prepareState(&row, fault: fault, isLate: false)
        try insert(row, fault: kept)
        try addDelivery(for: row)
        count(row.job.spec, from: nil, to: row.job.state)
        var change = JobChange(row, previous: nil, at: now)
        change.error = fault
        publish(change)
    }

    /// Sets the fields of a row that depend on its new state.
    private func prepareState(_ row: inout JobRow, fault: JobError?, isLate: Bool) throws {
        if row.job.state.isFinal { end(&row) }
        row.place = nil
        if row.job.state != .suspended { row.job.waitsFor = [] }
        if row.job.state == .pending { try enqueue(&row, isLate: isLate) }
        row.job.fingerprint = nil
        if row.job.state == .failed, let fault {
            row.job.fingerprint = ErrorFingerprint.of(kind: row.job.spec.kind, error: fault)
        }
    }

    /// Sets the end time and the removal time of an ended job.
    package func end(_ row: inout JobRow) {
        row.job.finishedAt = now
        row.purgeAt = row.cancelsDescendants ? now : removalTime(of: row)
        row.waitingOn = 0
        row.needed = 0
        row.job.isPaused = false
        row.job.isCancelling = false
        row.fork = nil
    }

    /// When the retention of a job is over that ends now.
    func removalTime(of row: JobRow) -> Timestamp {
        now.adding(seconds: retention.seconds(after: row.job.state, wish: row.job.spec.retentionSeconds))
    }

    /// Creates the row of an error, with the job's current version.
    private func recordFault(_ error: JobError, in row: inout JobRow, endedFence: Int?) -> FaultRow {
        var fault = FaultRow(
            version: row.history.version, fence: endedFence ?? 0, attempt: row.job.attempt, at: now,
            error: error)
        if endedFence != nil {
            fault.worker = row.job.worker
            fault.startedAt = row.job.startedAt
        }
        row.faultVersion = fault.version
        return fault
    }
}
