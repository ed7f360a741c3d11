import LonghaulCore

/// The one way in which a stored job goes from a state to another.
extension Transaction {
    /// Moves a job, whose row the caller has otherwise made ready, to a state: counts it there, notes the
    /// change in its history, writes the row, and tells of it.
    ///
    /// - Parameter fault: why; kept with the attempt that it ends, if the job is leased.
    func move(_ row: inout StoredJob, to state: JobState, fault: JobError? = nil) {
        let previous = row.job.state
        row.job.state = state
        row.job.version += 1
        var change = JobChange(row.job, previous: previous, at: now)
        if state == .processing { change.waitedSeconds = max(0, now.seconds(since: row.job.runAt)) }
        if previous == .processing {
            row.leaseExpiresAt = nil
            change.ranSeconds = row.history.last.map { max(0, now.seconds(since: $0.at)) }
            if state != .completed { change.endedFence = row.fence }
        }
        if let fault { keep(fault, of: &row, endedFence: change.endedFence) }
        change.error = fault
        if state.isFinal { end(&row) }
        count(row.job.spec.queue, from: previous, to: state)
        row.history.append(change)
        keepDeadLetters(&row, from: previous, fault: fault)
        put(row)
        tell(change)
    }

    /// Notes when an ended job ended and when it may be removed.
    func end(_ row: inout StoredJob) {
        row.job.finishedAt = now
        row.purgeAt = now.adding(
            seconds: retention.seconds(after: row.job.state, wish: row.job.spec.retentionSeconds))
        row.waitsFor = []
        row.needed = 0
    }

    /// Keeps a fault with the job's present version.
    func keep(_ error: JobError, of row: inout StoredJob, endedFence: Int?) {
        var fault = StoredFault(
            version: row.job.version, fence: endedFence ?? 0, attempt: row.job.attempt, at: now, error: error)
        if endedFence != nil {
            fault.worker = row.job.worker
            fault.startedAt = row.job.startedAt
        }
        row.faultVersion = fault.version
        row.faults.append(fault)
    }

    /// Counts a job of a queue from one state to another; nil stands for a job that is not there.
    func count(_ queue: String, from previous: JobState?, to state: JobState?) {
        if let previous { tables.queues[queue, default: .init()].counts[previous, default: 0] -= 1 }
        if let state { tables.queues[queue, default: .init()].counts[state, default: 0] += 1 }
    }
}

extension JobChange {
    /// The change that brought a job to where it stands.
    init(_ job: Job, previous: JobState?, at moment: Timestamp) {
        self.init(
            jobID: job.id, queue: job.spec.queue, kind: job.spec.kind, state: job.state, previous: previous,
            attempt: job.attempt, version: job.version, at: moment, runAt: job.runAt)
        priority = job.spec.priority
        labels = job.spec.labels
    }
}
