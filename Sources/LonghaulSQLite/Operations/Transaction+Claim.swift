import LonghaulCore

/// Giving pending jobs to workers.
extension Transaction {
    private struct Candidate {
        var priority: Int
        var seq: Int64
    }

    /// How often a claim looks again after it met jobs that had expired.
    private static let rounds = 8

    private static let front = Query(
        """
        SELECT priority, seq FROM jobs INDEXED BY jobs_pending WHERE state = 2 AND queue = ?1 AND kind = ?2
        ORDER BY priority DESC, seq LIMIT ?3
        """)

    func claim(_ request: LeaseRequest) throws -> [Lease] {
        try workers.note(request, in: self)
        var leases: [Lease] = []
        for queue in request.queues where leases.count < request.maxJobs {
            for _ in 0..<Self.rounds {
                let wanted = min(request.maxJobs - leases.count, room(in: queue))
                let candidates = wanted > 0 ? try candidates(in: queue, request.kinds, limit: wanted) : []
                let before = leases.count
                for candidate in candidates {
                    guard let row = try loader.row(at: candidate.seq) else { continue }
                    if let lease = try lease(row, for: request) { leases.append(lease) }
                }
                let metExpired = leases.count - before < candidates.count
                if !metExpired { break }
            }
        }
        return leases
    }

    func claim(_ ids: [JobID], for request: LeaseRequest) throws -> [Lease] {
        try workers.note(request, in: self)
        var leases: [Lease] = []
        for id in ids where leases.count < request.maxJobs {
            guard let row = try loader.row(id), row.job.state == .pending,
                request.queues.contains(row.job.spec.queue), room(in: row.job.spec.queue) > 0,
                request.kinds.isEmpty || request.kinds.contains(row.job.spec.kind)
            else { continue }
            if let lease = try lease(row, for: request) { leases.append(lease) }
        }
        return leases
    }

    /// How many further jobs of a queue may be given out.
    private func room(in queue: String) -> Int {
        let entry = queues.entry(queue)
        guard !entry.settings.paused, entry.counts[JobState.pending.code] > 0 else { return 0 }
        guard let bound = entry.settings.maxConcurrency else { return .max }
        return max(0, bound - entry.counts[JobState.processing.code])
    }

    /// The pending jobs at the front of a queue: each kind's front, merged by priority and age.
    private func candidates(in queue: String, _ kinds: [String], limit: Int) throws -> [Candidate] {
        let kinds = kinds.isEmpty ? try loader.pendingKinds(of: queue) : Array(Set(kinds))
        var candidates: [Candidate] = []
        for kind in kinds {
            candidates += try connection.all(Self.front, .text(queue), .text(kind), .int(limit)) { row in
                Candidate(priority: row.int(0), seq: row.int64(1))
            }
        }
        guard kinds.count > 1 else { return candidates }
        candidates.sort { $0.priority == $1.priority ? $0.seq < $1.seq : $0.priority > $1.priority }
        return Array(candidates.prefix(limit))
    }

    /// Gives a pending job to the worker; nil if it is too late to start it, and it is cancelled instead.
    private func lease(_ row: JobRow, for request: LeaseRequest) throws -> Lease? {
        var row = row
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
        row.leaseExpiresAt = expiresAt
        try move(&row, to: .processing)
        return Lease(
            token: LeaseToken(jobID: row.job.id, fence: row.fence, secret: row.secret),
            job: try loader.family(of: row), expiresAt: expiresAt, heartbeatSeconds: request.leaseSeconds / 3)
    }

    /// Cancels a job that was not started in time.
    func expire(_ row: inout JobRow) throws {
        try move(&row, to: .cancelled, fault: .expired)
        try settleDependents(of: row)
    }
}
