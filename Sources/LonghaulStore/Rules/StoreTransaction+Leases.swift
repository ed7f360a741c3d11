package import LonghaulCore

/// Leases and heartbeats.
extension StoreTransaction {
    /// Leases those of the jobs that are still pending and match the request.
    package func claim(_ ids: [JobID], for request: LeaseRequest) throws -> [Lease] {
        try recordPoll(request)
        var leases: [Lease] = []
        try prefetch(ids)
        for id in ids where leases.count < request.maxJobs {
            guard let row = try row(id), row.job.state == .pending,
                request.queues.contains(row.job.spec.queue), try room(in: row.job.spec.queue) > 0,
                request.kinds.isEmpty || request.kinds.contains(row.job.spec.kind),
                LabelRule.serves(request.worker.labels, needed: row.job.spec.labels)
            else { continue }
            if let lease = try lease(row, for: request) { leases.append(lease) }
        }
        return leases
    }

    /// Leases a pending job. An expired job is cancelled instead, and nil returned.
    package func lease(_ row: consuming JobRow, for request: LeaseRequest) throws -> Lease? {
        if let expiresAt = row.job.spec.expiresAt, expiresAt <= now {
            try expire(&row)
            return nil
        }
        let expiresAt = now.adding(seconds: request.leaseSeconds)
        row.job.attempt += 1
        row.job.startedAt = now
        row.job.worker = request.worker.reference
        row.job.progress = nil
        row.fence += 1
        row.secret = random.next()
        row.leaseMilliseconds = Int64((request.leaseSeconds * 1000).rounded())
        row.leaseExpiresAt = leaseClock.end(ofNewLease: row.leaseMilliseconds)
        if row.job.operationCount > 0 { try endDueWaits(of: &row) }
        try move(&row, to: .processing)
        try consumeToken(of: row.job.spec.queue)
        // The runner of an execution reads no jobs around it, and there may be many.
        let job = try row.isExecution ? job(row) : family(of: row)
        var lease = Lease(
            token: LeaseToken(jobID: row.job.id, fence: row.fence, secret: row.secret),
            job: job, expiresAt: expiresAt, heartbeatSeconds: request.leaseSeconds / 3)
        if row.job.operationCount > 0 { lease.journal = try firstPage(of: row) }
        if row.isExecution, row.reports.fitLease {
            lease.reports = try row.reports.count > 0 ? reports(of: row) : []
        }
        return lease
    }

    /// The first operations of a journal, for a lease.
    private func firstPage(of row: JobRow) throws -> JournalPage {
        JournalPage(try firstOperations(of: row), of: row)
    }

    /// Ends an expired lease, or extends it if an outage was part of its time.
    ///
    /// - Returns: whether it ended.
    package func expireLease(of row: inout JobRow) throws -> Bool {
        if let end = row.leaseEnd(by: leaseClock), end > leaseClock.now {
            row.leaseExpiresAt = end
            try updateLease(row)
            return false
        }
        try fail(&row, .leaseExpired)
        return true
    }

    /// Cancels a job that was not started in time.
    package func expire(_ row: inout JobRow) throws {
        try move(&row, to: .cancelled, fault: .expired)
        try updateDependents(of: row)
    }

    /// Renews leases and stores progress.
    package func heartbeat(_ heartbeat: Heartbeat) throws -> HeartbeatOutcome {
        try recordHeartbeat(of: heartbeat.workerID)
        var outcome = HeartbeatOutcome()
        try prefetch(heartbeat.beats.map(\.token.jobID))
        for beat in heartbeat.beats {
            let row = try row(beat.token.jobID)
            if let row, row.isHeld(by: beat.token, at: leaseClock) {
                let expiresAt = try renew(row, beat.progress)
                outcome.renewed.append(.init(token: beat.token, expiresAt: expiresAt))
            } else if let row, row.job.state == .cancelled, row.matches(beat.token) {
                outcome.cancelled.append(beat.token)
            } else {
                outcome.lost.append(beat.token)
            }
        }
        return outcome
    }

    private func renew(_ row: JobRow, _ progress: Progress?) throws -> Timestamp {
        let expiresAt = Timestamp(milliseconds: now.milliseconds + row.leaseMilliseconds)
        var renewed = row
        renewed.leaseExpiresAt = leaseClock.end(ofNewLease: row.leaseMilliseconds)
        renewed.job.progress = progress ?? row.job.progress
        try updateLease(renewed)
        if let progress, progress != row.job.progress {
            var change = JobChange(row, previous: row.job.state, at: now)
            change.progress = progress
            publish(change)
        }
        return expiresAt
    }
}
