package import LonghaulCore

/// Operator actions: cancel, retry, delete, redrive, discard.
extension StoreTransaction {
    func known(_ id: JobID) throws -> JobRow {
        guard let row = try row(id) else { throw LonghaulError.noJob(id) }
        return row
    }

    /// Cancels a job that has not ended.
    package func cancel(_ id: JobID) throws -> Job {
        let row = try known(id)
        guard !row.job.state.isFinal else {
            throw LonghaulError(.conflict, "the job \(id) has ended: it is \(row.job.state.rawValue)")
        }
        return try family(of: cancel(row))
    }

    /// Cancels a job that has not ended, or begins to.
    func cancel(_ row: JobRow, notifiesParent: Bool = true) throws -> JobRow {
        if !row.job.isCancelling {
            if row.hasCompensations { return try beginCancelling(row) }
            if row.isExecution { return try stop(row, error: nil, cause: nil) }
        }
        return try cancelled(row, notifiesParent: notifiesParent)
    }

    /// Makes a durable job run its compensations. A worker that holds it loses its lease. The job is cancelled when the
    /// compensations are done, or by a second cancellation.
    private func beginCancelling(_ row: JobRow) throws -> JobRow {
        var row = row
        row.job.isCancelling = true
        row.job.isPaused = false
        row.fork = nil
        switch row.job.state {
        case .pending: try update(row)
        case .processing: try release(&row)
        case .scheduled, .blocked, .retrying, .suspended, .completed, .failed, .cancelled:
            row.job.runAt = now
            try move(&row, to: .pending)
        }
        return row
    }

    /// Cancels a job of a queue that has not started.
    package func purge(_ id: JobID, from queue: String) throws -> Job {
        let row = try known(id)
        guard row.job.spec.queue == queue, row.job.state != .processing else {
            throw LonghaulError(.conflict, "the job \(id) does not wait in the queue \"\(queue)\"")
        }
        return try cancel(id)
    }

    func cancelled(_ row: JobRow, notifiesParent: Bool = true) throws -> JobRow {
        var row = row
        let fault: JobError? = row.job.state == .processing ? .cancelled : nil
        try move(&row, to: .cancelled, fault: fault, notifiesParent: notifiesParent)
        try updateDependents(of: row)
        return row
    }

    /// Cancels descendants of a job that have not ended, in pages of children. Returns the number that ended.
    ///
    /// A cancelled child can end its siblings, because they depend on it. Those count towards the limit as well. So a
    /// number below the limit means that no descendant is left. An execution that has not ended ends its children itself.
    package func cancelDescendants(
        of ancestor: JobID, limit: Int, by source: AuditSource? = nil
    ) throws -> Int {
        if let row = try row(ancestor), row.isExecution, !row.job.state.isFinal { return 0 }
        var parents = [ancestor]
        var changed = ChangedJobs()
        var done = 0
        while done < limit, let parent = parents.popLast() {
            let ids = try unendedChildren(of: parent, limit: limit)
            try prefetch(ids)
            for id in ids where done < limit {
                guard let child = try row(id) else { continue }
                if !child.job.state.isFinal {
                    let after = try cancelled(child)
                    if source != nil { changed.add(id, before: child, after: after) }
                }
                done += 1
            }
            if done < limit { parents += try parentsAmongChildren(of: parent) }
        }
        try record(changed, .cancelJob, of: ancestor, by: source)
        return done
    }

    /// Makes a failed, cancelled or retrying job pending.
    package func retry(_ id: JobID) throws -> Job {
        let row = try known(id)
        switch row.job.state {
        case .failed where row.isExecution, .cancelled where row.isExecution:
            return try family(of: redrive(row))
        case .failed, .cancelled, .retrying: break
        case .scheduled, .blocked, .pending, .processing, .suspended, .completed:
            throw LonghaulError(
                .conflict,
                "the job \(id) is \(row.job.state.rawValue); only one that failed, was cancelled or is retrying can be retried"
            )
        }
        return try family(of: restart(row))
    }

    /// Makes a scheduled or retrying job pending. Its attempts remain.
    package func runNow(_ id: JobID) throws -> Job {
        var row = try known(id)
        switch row.job.state {
        case .scheduled, .retrying: break
        case .blocked, .pending, .processing, .suspended, .completed, .failed, .cancelled:
            throw LonghaulError(
                .conflict,
                "the job \(id) is \(row.job.state.rawValue); only one that is scheduled or retrying can be run now"
            )
        }
        row.job.runAt = now
        try move(&row, to: .pending)
        return try family(of: row)
    }

    /// Makes a job pending and resets its attempt counter.
    @discardableResult
    func restart(_ row: JobRow) throws -> JobRow {
        var row = row
        resetAttempts(of: &row)
        row.job.finishedAt = nil
        row.purgeAt = nil
        if row.job.spec.join.collects {
            try collect(&row)
            try updateDependents(of: row)
        } else {
            try move(&row, to: .pending)
        }
        return row
    }

    /// Counts the attempts of a job from the start, and makes it due now.
    func resetAttempts(of row: inout JobRow) {
        row.job.attempt = 0
        row.job.runAt = now
        row.job.startedAt = nil
        row.job.worker = nil
        row.job.progress = nil
        row.job.isPaused = false
        row.job.isCancelling = false
        row.fenceBase = row.fence
        row.faultVersion = 0
        row.progressFence = 0
        row.cancelsDescendants = false
    }

    /// Deletes an ended job with all its data. No job waits for an ended job.
    package func delete(_ id: JobID) throws {
        let row = try known(id)
        guard row.job.state.isFinal else {
            throw LonghaulError(.conflict, "the job \(id) has not ended: it is \(row.job.state.rawValue)")
        }
        try remove(row)
    }

    /// Removes an ended job with all its data.
    func remove(_ row: JobRow) throws {
        var weight = Int.max
        if row.isExecution { _ = try emptyRecords(of: row.job.id, &weight) }
        try delete(row)
    }

    // MARK: Dead letters

    /// Redrives or discards a dead letter whose error matches the filter.
    package func apply(_ action: DeadLetterAction, to id: JobID, matching filter: JobFilter) throws {
        let row = try known(id)
        guard row.job.state == .failed, try fits(row, filter) else {
            throw LonghaulError(.conflict, "the job \(id) is not a dead letter that matches the filter")
        }
        switch action {
        case .redrive where row.isExecution: _ = try redrive(row)
        case .redrive: try restart(row)
        case .discard: try remove(row)
        }
    }

    private func fits(_ row: JobRow, _ filter: JobFilter) throws -> Bool {
        if let fingerprint = filter.fingerprint, try self.fingerprint(of: row) != fingerprint { return false }
        guard let type = filter.errorType else { return true }
        return try faults(of: row).last { $0.version == row.faultVersion }?.error.type == type
    }
}
