import LonghaulCore
import LonghaulStoreRules

/// The one way in which a stored job goes from a state to another.
extension Transaction {
    /// Moves a job, whose row the caller has otherwise made ready, to a state: counts it there, notes the
    /// change in its history, keeps the row, and tells of it.
    ///
    /// - Parameter fault: why; kept with the attempt that it ends, if the job is leased.
    func move(_ row: inout JobRow, to state: JobState, fault: JobError? = nil) throws {
        let previous = row.job.state
        let since = row.history.latestAt
        row.job.state = state
        row.history.append(
            JobHistory.Entry(state: state, attempt: row.job.attempt, at: now, runAt: row.job.runAt))
        row.job.version = row.history.version
        var change = JobChange(row, previous: previous, at: now)
        if state == .processing { change.waitedSeconds = max(0, now.seconds(since: row.job.runAt)) }
        if previous == .processing {
            row.leaseExpiresAt = nil
            change.ranSeconds = since.map { max(0, now.seconds(since: $0)) }
            if state != .completed { change.endedFence = row.fence }
        }
        if let fault { keep(fault, of: &row, endedFence: change.endedFence) }
        change.error = fault
        if state.isFinal { end(&row) }
        row.place = state == .pending ? try place(of: row.job, isLate: true) : nil
        row.job.fingerprint = fingerprint(of: row, fault)
        count(row.job.spec.queue, from: previous, to: state)
        save(row)
        tell(change)
    }

    /// Where a job stands among the pending.
    ///
    /// - Parameter isLate: whether it became pending later than it was submitted.
    func place(of job: Job, isLate: Bool) throws -> PendingPlace {
        let key = LaneKey(
            queue: job.spec.queue, kind: job.spec.kind, labels: job.spec.labels,
            partition: ledger.partition(of: job.spec), priority: job.spec.priority, isLate: isLate)
        let lane = try ledger.lane(key) { try aside.use() }
        return PendingPlace(
            lane: lane,
            position: isLate ? PendingPlace.position(at: now) : PendingPlace.position(of: job.id))
    }

    /// What a dead letter has in common with others; nil for any other job.
    func fingerprint(of row: JobRow, _ fault: JobError?) -> String? {
        guard row.job.state == .failed, let fault else { return nil }
        return ErrorFingerprint.of(kind: row.job.spec.kind, error: fault)
    }

    /// Notes when an ended job ended and when it may be removed.
    func end(_ row: inout JobRow) {
        row.job.finishedAt = now
        row.purgeAt = now.adding(
            seconds: retention.seconds(after: row.job.state, wish: row.job.spec.retentionSeconds))
        row.waitingOn = 0
        row.needed = 0
    }

    /// Keeps a fault with the job's present version.
    func keep(_ error: JobError, of row: inout JobRow, endedFence: Int?) {
        let fault = makeFault(error, of: &row, endedFence: endedFence)
        change(row.job.id) { $0.faults.append(fault) }
    }

    /// The fault of a job's present version.
    func makeFault(_ error: JobError, of row: inout JobRow, endedFence: Int?) -> FaultRow {
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
