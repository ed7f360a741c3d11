import LonghaulCore

/// Giving pending jobs to workers.
extension Transaction {
    func claim(_ request: LeaseRequest) -> [Lease] {
        note(request)
        var leases: [Lease] = []
        for queue in request.queues {
            var candidates = candidates(in: queue, request)
            while leases.count < request.maxJobs, room(in: queue) > 0,
                let index = next(of: candidates, in: queue, request)
            {
                if let lease = lease(candidates.remove(at: index), for: request) { leases.append(lease) }
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
                request.kinds.isEmpty || request.kinds.contains(row.job.spec.kind),
                LabelRule.serves(request.worker.labels, needed: row.job.spec.labels)
            else { continue }
            if let lease = lease(row, for: request) { leases.append(lease) }
        }
        return leases
    }

    /// How many further jobs of a queue may be given out.
    private func room(in name: String) -> Int {
        guard let queue = tables.queues[name], !queue.settings.paused else { return 0 }
        var room = Int.max
        if let bound = queue.settings.maxConcurrency { room = bound - queue[.processing] }
        if let limit = queue.settings.rateLimit, let bucket = queue.bucket {
            room = min(room, bucket.available(under: limit, at: now))
        }
        return max(0, room)
    }

    /// The pending jobs of a queue that a request may be given, oldest first.
    private func candidates(in queue: String, _ request: LeaseRequest) -> [StoredJob] {
        tables.rows { row in
            row.job.state == .pending && row.job.spec.queue == queue
                && (request.kinds.isEmpty || request.kinds.contains(row.job.spec.kind))
                && LabelRule.serves(request.worker.labels, needed: row.job.spec.labels)
        }
    }

    /// Which of some jobs of a queue goes next.
    private func next(of jobs: [StoredJob], in queue: String, _ request: LeaseRequest) -> Int? {
        guard let tag = tables.queues[queue]?.settings.partitionBy else {
            return first(of: Array(jobs.indices), jobs)
        }
        let key = Tables.TurnKey(queue: queue, kinds: request.kinds.sorted(), labels: request.worker.labels)
        let values = Set(jobs.map { $0.job.spec.tags[tag] ?? "" })
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        let latest = tables.turns[key]
        let later = values.first { value in
            latest.map { $0.utf8.lexicographicallyPrecedes(value.utf8) } ?? true
        }
        guard let value = later ?? values.first else { return nil }
        tables.turns[key] = value
        return first(of: jobs.indices.filter { (jobs[$0].job.spec.tags[tag] ?? "") == value }, jobs)
    }

    /// Which of some jobs goes first: of each priority the oldest, and of these the one whose effective
    /// priority is highest. The higher priority wins a tie.
    private func first(of indices: [Int], _ jobs: [StoredJob]) -> Int? {
        var oldest: [Int: Int] = [:]
        for index in indices.reversed() { oldest[jobs[index].job.spec.priority] = index }
        func rank(_ index: Int) -> (Double, Int) {
            let job = jobs[index].job
            let effective = AgeingRule.effectivePriority(
                of: job.spec.priority, waitedSeconds: now.seconds(since: job.runAt),
                ageingSeconds: limits.ageingSeconds)
            return (effective, job.spec.priority)
        }
        return oldest.values.max { rank($0) < rank($1) }
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
        if let limit = tables.queues[row.job.spec.queue]?.settings.rateLimit {
            tables.queues[row.job.spec.queue]?.bucket?.take(under: limit, at: now)
        }
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

    /// Forgets a worker; answers the leases that it still holds.
    func forgetWorker(_ id: String) -> [LeaseToken]? {
        let isKnown = tables.workers.removeValue(forKey: id) != nil
        let held = tables.rows { $0.leaseExpiresAt != nil && $0.job.worker?.id == id }
        guard isKnown || !held.isEmpty else { return nil }
        return held.map { LeaseToken(jobID: $0.job.id, fence: $0.fence, secret: $0.secret) }
    }

    /// Notes that a worker asks for work.
    private func note(_ request: LeaseRequest) {
        let known = tables.workers[request.worker.id]
        tables.workers[request.worker.id] = WorkerRecord(
            info: request.worker, queues: request.queues, kinds: request.kinds,
            leaseSeconds: request.leaseSeconds, firstSeenAt: known?.firstSeenAt ?? now, lastSeenAt: now)
    }
}
