import LonghaulCore
import LonghaulStoreRules

/// Giving pending jobs to workers.
extension Transaction {
    /// How often a claim looks again after it met jobs that had expired or that others held.
    private static let rounds = 8

    func claim(_ request: LeaseRequest) throws -> [Lease] {
        workers.note(request, in: self)
        var leases: [Lease] = []
        for queue in request.queues where leases.count < request.maxJobs {
            for _ in 0..<Self.rounds {
                let wanted = min(request.maxJobs - leases.count, try room(in: queue))
                guard wanted > 0 else { break }
                let chosen = try choose(wanted, from: queue, for: request)
                let before = leases.count
                leases += try take(chosen, for: request)
                let metOthers = leases.count - before < chosen.count
                if !metOthers { break }
            }
        }
        return leases
    }

    func claim(_ ids: [JobID], for request: LeaseRequest) throws -> [Lease] {
        workers.note(request, in: self)
        var leases: [Lease] = []
        try fetch(ids)
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

    /// How many further jobs of a queue may be given out.
    private func room(in queue: String) throws -> Int {
        let settings = ledger.settings(of: queue)
        guard !settings.paused else { return 0 }
        var room = Int.max
        if let bound = settings.maxConcurrency {
            room = bound - (try exactCounts(of: queue)[JobState.processing.code])
        }
        if let limit = settings.rateLimit, let bucket = try bucket(of: queue) {
            room = min(room, bucket.available(under: limit, at: now))
        }
        return max(0, room)
    }

    /// Locks the chosen jobs and gives those that nobody else holds to the worker.
    private func take(_ chosen: [Choice], for request: LeaseRequest) throws -> [Lease] {
        try fetch(chosen.map(\.candidate.id), .skip)
        var leases: [Lease] = []
        for choice in chosen {
            guard let entry = entries[choice.candidate.id] else {
                fronts[choice.lane]?.leave(choice.candidate)
                continue
            }
            let place = PendingPlace(lane: choice.lane, position: choice.candidate.position)
            guard !entry.isRemoved, entry.row.place == place else { continue }
            if let lease = try lease(entry.row, for: request) { leases.append(lease) }
        }
        return leases
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
        try takeToken(of: row.job.spec.queue)
        return Lease(
            token: LeaseToken(jobID: row.job.id, fence: row.fence, secret: row.secret),
            job: try family(of: row), expiresAt: expiresAt, heartbeatSeconds: request.leaseSeconds / 3)
    }

    /// Cancels a job that was not started in time.
    func expire(_ row: inout JobRow) throws {
        try move(&row, to: .cancelled, fault: .expired)
        try settleDependents(of: row)
    }
}
