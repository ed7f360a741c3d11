import LonghaulCore

/// Giving pending jobs to workers.
extension Transaction {
    func claim(_ request: LeaseRequest) -> [Lease] {
        note(request)
        var leases: [Lease] = []
        for queue in request.queues {
            for candidate in candidates(in: queue, request.kinds) {
                guard leases.count < request.maxJobs, room(in: queue) > 0 else { break }
                if let lease = lease(candidate, for: request) { leases.append(lease) }
            }
        }
        return leases
    }

    func claim(_ ids: [JobID], for request: LeaseRequest) -> [Lease] {
        note(request)
        var leases: [Lease] = []
        for id in ids where leases.count < request.maxJobs {
            guard let row = row(id), row.job.state == .pending,
                request.queues.contains(row.job.spec.queue), room(in: row.job.spec.queue) > 0,
                request.kinds.isEmpty || request.kinds.contains(row.job.spec.kind)
            else { continue }
            if let lease = lease(row, for: request) { leases.append(lease) }
        }
        return leases
    }

    /// How many further jobs of a queue may be given out.
    private func room(in name: String) -> Int {
        guard let queue = tables.queues[name], !queue.settings.paused else { return 0 }
        guard let bound = queue.settings.maxConcurrency else { return .max }
        return max(0, bound - queue[.processing])
    }

    /// The pending jobs of a queue, the highest priority first, then the oldest.
    private func candidates(in queue: String, _ kinds: [String]) -> [StoredJob] {
        tables.rows { row in
            row.job.state == .pending && row.job.spec.queue == queue
                && (kinds.isEmpty || kinds.contains(row.job.spec.kind))
        }
        .sorted { ($1.job.spec.priority, $0.job.id) < ($0.job.spec.priority, $1.job.id) }
    }

    /// Gives a pending job to the worker; nil if it is too late to start it, and it is cancelled instead.
    func lease(_ row: StoredJob, for request: LeaseRequest) -> Lease? {
        var row = row
        if let expiresAt = row.job.spec.expiresAt, expiresAt <= now {
            expire(&row)
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
        row.leaseExpiresAt = expiresAt
        move(&row, to: .processing)
        return Lease(
            token: LeaseToken(jobID: row.job.id, fence: row.fence, secret: row.secret),
            job: tables.family(of: row),
            expiresAt: expiresAt, heartbeatSeconds: request.leaseSeconds / 3)
    }

    /// Cancels a job that was not started in time.
    func expire(_ row: inout StoredJob) {
        let previous = row.job.state
        move(&row, to: .cancelled, fault: .expired)
        if flaw == .driftingCounts { count(row.job.spec.queue, from: .cancelled, to: previous) }
        settleDependents(of: row)
    }

    // MARK: Workers

    /// How long a worker is remembered, in seconds.
    static let workerMemory = 86_400.0

    /// Notes that a worker asks for work.
    private func note(_ request: LeaseRequest) {
        let known = tables.workers[request.worker.id]
        tables.workers[request.worker.id] = WorkerRecord(
            info: request.worker, queues: request.queues, kinds: request.kinds,
            leaseSeconds: request.leaseSeconds, firstSeenAt: known?.firstSeenAt ?? now, lastSeenAt: now)
    }
}
