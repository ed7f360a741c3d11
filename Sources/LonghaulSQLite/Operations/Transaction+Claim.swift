import LonghaulCore
import LonghaulStoreRules

/// Giving pending jobs to workers.
extension Transaction {
    /// How many jobs one claim cancels because it came too late to start them; upkeep does the rest.
    private static let mostExpired = 1000

    func claim(_ request: LeaseRequest) throws -> [Lease] {
        try workers.note(request, in: self)
        var leases: [Lease] = []
        for queue in request.queues where leases.count < request.maxJobs {
            let wanted = min(request.maxJobs - leases.count, queues.entry(queue).room(at: now))
            if wanted > 0 { leases += try take(wanted, from: queue, for: request) }
        }
        return leases
    }

    func claim(_ ids: [JobID], for request: LeaseRequest) throws -> [Lease] {
        try workers.note(request, in: self)
        var leases: [Lease] = []
        for id in ids where leases.count < request.maxJobs {
            guard let row = try loader.row(id), row.job.state == .pending,
                request.queues.contains(row.job.spec.queue),
                queues.entry(row.job.spec.queue).room(at: now) > 0,
                request.kinds.isEmpty || request.kinds.contains(row.job.spec.kind),
                LabelRule.serves(request.worker.labels, needed: row.job.spec.labels)
            else { continue }
            if let lease = try lease(row, for: request) { leases.append(lease) }
        }
        return leases
    }

    private func take(_ wanted: Int, from queue: String, for request: LeaseRequest) throws -> [Lease] {
        let lanes = try Lane.lanes(of: queue, for: request, loader)
        guard queues.entry(queue).hasPartitions else {
            var front = PendingFront(lanes, of: queue, partition: "", in: self)
            return try take(wanted, for: request) { try front.next(wanted: $0) }
        }
        let key = PartitionTurns.Key(queue, request)
        var ring = PartitionRing(lanes, of: queue, after: queues.turns.latest(key), in: self)
        return try take(wanted, for: request) { wanted in
            try ring.next(wanted: wanted).map { turn in
                queues.turns.took(turn.value, key)
                return turn.seq
            }
        }
    }

    /// Gives the worker the jobs at the places that `next` tells, until there are enough.
    private func take(
        _ wanted: Int, for request: LeaseRequest, next: (_ wanted: Int) throws -> Int64?
    ) throws -> [Lease] {
        var leases: [Lease] = []
        var expired = 0
        while leases.count < wanted, expired < Self.mostExpired, let seq = try next(wanted - leases.count) {
            guard let row = try loader.row(at: seq) else { continue }
            if let lease = try lease(row, for: request) { leases.append(lease) } else { expired += 1 }
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
        if queues.entry(row.job.spec.queue).bucket != nil {
            queues.change(row.job.spec.queue) { $0.takeToken(at: now) }
        }
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
