import LonghaulCore

/// What people ask of jobs.
extension Transaction {
    private func known(_ id: JobID) throws(LonghaulError) -> StoredJob {
        guard let row = row(id) else { throw LonghaulError.noJob(id) }
        return row
    }

    func cancel(_ id: JobID) throws(LonghaulError) -> Job {
        var row = try known(id)
        guard !row.job.state.isFinal else {
            throw LonghaulError(.conflict, "the job \(id) has ended: it is \(row.job.state.rawValue)")
        }
        let fault: JobError? = row.job.state == .processing ? .cancelled : nil
        move(&row, to: .cancelled, fault: fault)
        settleDependents(of: row)
        return tables.family(of: row)
    }

    func cancelDescendants(of id: JobID, limit: Int) throws(LonghaulError) -> Int {
        var parents = [id]
        var done = 0
        while done < limit, let parent = parents.popLast() {
            for child in tables.rows(where: { $0.job.parentID == parent }) where done < limit {
                parents.append(child.job.id)
                guard let state = row(child.job.id)?.job.state, !state.isFinal else { continue }
                _ = try cancel(child.job.id)
                done += 1
            }
        }
        return done
    }

    func retry(_ id: JobID) throws(LonghaulError) -> Job {
        let row = try known(id)
        switch row.job.state {
        case .failed, .cancelled, .retrying: break
        case .scheduled, .blocked, .pending, .processing, .completed:
            throw LonghaulError(
                .conflict,
                "the job \(id) is \(row.job.state.rawValue); only one that failed, was cancelled or is retrying can be retried"
            )
        }
        return tables.family(of: restart(row))
    }

    /// Makes a job pending, its attempts counted afresh.
    @discardableResult
    func restart(_ row: StoredJob) -> StoredJob {
        var row = row
        row.job.attempt = 0
        row.job.runAt = now
        row.job.startedAt = nil
        row.job.finishedAt = nil
        row.job.worker = nil
        row.job.progress = nil
        row.fenceBase = row.fence
        row.faultVersion = 0
        row.purgeAt = nil
        if row.job.spec.join.collects {
            collect(&row)
            settleDependents(of: row)
        } else {
            move(&row, to: .pending)
        }
        return row
    }

    func delete(_ id: JobID) throws(LonghaulError) {
        let row = try known(id)
        guard row.job.state.isFinal else {
            throw LonghaulError(.conflict, "the job \(id) has not ended: it is \(row.job.state.rawValue)")
        }
        remove(row)
    }

    /// Removes an ended job with all that belongs to it. None waits for it any more.
    func remove(_ row: StoredJob) {
        exhume(row)
        tables.rows[row.job.id] = nil
        tables.keys = tables.keys.filter { $0.value.jobID != row.job.id }
        count(row.job.spec.queue, from: row.job.state, to: nil)
    }

    func setQueue(_ name: String, _ settings: QueueSettings) -> QueueRecord {
        var queue = tables.queues[name] ?? Tables.Queue()
        queue.settings = settings
        if let limit = settings.rateLimit {
            if queue.bucket == nil { queue.bucket = TokenBucket(full: limit, at: now) }
        } else {
            queue.bucket = nil
        }
        tables.queues[name] = queue
        return queue.record(name)
    }
}
