package import LonghaulCore

/// Changes of jobs that wait.
extension StoreTransaction {
    /// Changes the priority, the time or the tags of a job that is not leased and has not ended.
    package func edit(_ id: JobID, _ edit: JobEdit) throws -> Job {
        var row = try known(id)
        try expectEditable(row, edit)
        let previous = row.job
        row.job.spec = try edit.applied(to: previous.spec)
        let next = state(of: &row, at: edit.runAt)
        guard row.job.spec != previous.spec || row.job.runAt != previous.runAt || next != previous.state
        else {
            return try family(of: row)
        }
        if row.job.spec != previous.spec {
            try replaceSpec(of: row, from: previous.spec)
            count(previous.spec, from: previous.state, to: nil)
            count(row.job.spec, from: nil, to: previous.state)
        }
        if next != previous.state {
            try move(&row, to: next)
        } else {
            let changesLane = next == .pending && lane(of: row.job.spec) != lane(of: previous.spec)
            try rewrite(&row, enqueues: changesLane)
        }
        return try family(of: row)
    }

    private func expectEditable(_ row: JobRow, _ edit: JobEdit) throws {
        let state = row.job.state
        guard state != .processing, !state.isFinal else {
            let reason = state == .processing ? "a worker runs it" : "it has ended"
            throw LonghaulError(
                .conflict,
                "the job \(row.job.id) is \(state.rawValue): \(reason), so it cannot be changed")
        }
        if row.isExecution || row.parentOperation != nil,
            let name = edit.tags.keys.sorted().first(where: ExecutionTag.names.contains)
        {
            throw LonghaulError(
                .conflict, "the job \(row.job.id) is part of an execution, which needs its tag \"\(name)\"")
        }
        if state == .suspended, edit.runAt != nil {
            throw LonghaulError(
                .conflict,
                "the job \(row.job.id) is suspended: its waits, or its pause, set when it continues")
        }
    }

    /// Sets the time of a job. Returns the state that the job then has.
    private func state(of row: inout JobRow, at moment: Timestamp?) -> JobState {
        let state = row.job.state
        guard let moment else { return state }
        let isDue = moment <= now
        switch state {
        case .scheduled, .retrying:
            row.job.runAt = max(moment, now)
            return isDue ? .pending : state
        case .pending:
            // A pending job is due already, and keeps its place.
            if isDue { return state }
            row.job.runAt = moment
            return .scheduled
        case .blocked:
            row.job.runAt = max(moment, now)
            return state
        case .processing, .suspended, .completed, .failed, .cancelled: return state
        }
    }

    /// The properties of a pending job that an edit can change, and by which claims find it.
    private func lane(of spec: JobSpec) -> [String] {
        let tag = settings(of: spec.queue).partitionBy
        return ["\(spec.priority)", tag.flatMap { spec.tags[$0] } ?? ""]
    }

    /// Stores a job that has changed and keeps its state, and publishes the change.
    private func rewrite(_ row: inout JobRow, enqueues: Bool) throws {
        row.history.append(
            JobHistory.Entry(
                state: row.job.state, attempt: row.job.attempt, at: now, runAt: row.job.runAt))
        row.job.version = row.history.version
        if enqueues { try enqueue(&row, isLate: true) }
        try update(row)
        var change = JobChange(row, previous: row.job.state, at: now)
        change.isRequeued = enqueues
        publish(change)
    }
}
