import LonghaulCore
import LonghaulStoreRules

/// The one way in which a stored job goes from a state to another.
extension Transaction {
    /// Moves a job, whose row the caller has otherwise made ready, to a state: counts it there, notes the
    /// change in its history, writes the row, and tells of it.
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
        if let fault { try keep(fault, of: &row, endedFence: change.endedFence) }
        change.error = fault
        if state.isFinal { end(&row) }
        if state == .pending { row.partition = queues.entry(row.job.spec.queue).partition(of: row.job.spec) }
        count(row.job.spec, from: previous, to: state)
        try keepDeadLetters(&row, from: previous, fault: fault)
        try connection.run(JobRow.update, row.changeableValues)
        tell(change)
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
    func keep(_ error: JobError, of row: inout JobRow, endedFence: Int?) throws {
        var fault = FaultRow(
            version: row.history.version, fence: endedFence ?? 0, attempt: row.job.attempt, at: now,
            error: error)
        if endedFence != nil {
            fault.worker = row.job.worker
            fault.startedAt = row.job.startedAt
        }
        row.faultVersion = fault.version
        try connection.run(FaultRow.insert, fault.values(of: row.seq))
    }

    /// Counts a job from one state to another; nil stands for a job that is not there.
    func count(_ spec: JobSpec, from previous: JobState?, to state: JobState?) {
        queues.change(spec.queue) { entry in
            if let previous { entry.count(previous, of: spec.priority, by: -1) }
            if let state { entry.count(state, of: spec.priority, by: 1) }
        }
    }
}
