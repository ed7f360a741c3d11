import LonghaulCore

/// Claims in the model. The store chooses the jobs. The model checks that it may, and follows.
extension StoreModel {
    /// The tolerance for sums of tokens and of waiting times.
    private static let tolerance = 1e-4
    /// The time in which a pending job gains one level of priority.
    static let ageingSeconds = 20.0

    /// The number of jobs of a queue that may start now: at least and at most, because tokens are fractions.
    private func room(in name: String) -> ClosedRange<Int> {
        guard let queue = queues[name], !queue.settings.paused else { return 0...0 }
        let free = max(0, (queue.settings.maxConcurrency ?? .max) - count(.processing, in: name))
        guard let tokens = queue.tokens(at: now) else { return free...free }
        return min(free, Int(tokens - Self.tolerance))...min(free, Int(tokens + Self.tolerance))
    }

    /// The jobs that a request may lease from a queue: pending, and of its kinds and labels.
    private func candidates(in queue: String, _ request: LeaseRequest) -> [ModelJob] {
        sortedJobs.filter { job in
            job.state == .pending && job.spec.queue == queue
                && (request.kinds.isEmpty || request.kinds.contains(job.spec.kind))
                && job.spec.labels.allSatisfy { request.worker.labels[$0.key] == $0.value }
        }
    }

    /// Follows a claim of any jobs.
    ///
    /// - Parameter expired: the jobs that the claim cancelled instead, because they had expired.
    mutating func claim(_ request: LeaseRequest, _ leases: [Lease], expired: [JobID]) {
        expect(leases.count <= request.maxJobs, "a claim of \(request.maxJobs) jobs got \(leases.count)")
        var turns: [String: [String: Int]] = [:]
        let pending = Set(jobs.values.lazy.filter { $0.state == .pending }.map(\.id))
        for id in expired {
            guard let job = jobs[id] else { return report("\(id) expired in a claim, but does not exist") }
            turns[job.spec.queue, default: [:]][partition(of: job), default: 0] += 1
            expire(id)
        }
        for lease in leases {
            guard let job = jobs[lease.token.jobID] else {
                return report("a job was leased that does not exist")
            }
            // A claim need not see a job that it has made pending itself.
            let others = candidates(in: job.spec.queue, request).filter { pending.contains($0.id) }
            checkOrder(of: job, among: others)
            start(lease, request)
            turns[job.spec.queue, default: [:]][partition(of: job), default: 0] += 1
        }
        checkComplete(leases, request, pending)
        for (queue, turns) in turns { checkTurns(turns, in: queue, request, pending) }
    }

    /// Follows a claim of these jobs, which leaves no choice.
    mutating func claim(_ ids: [JobID], _ request: LeaseRequest, _ leases: [Lease]) {
        var started: [JobID] = []
        for id in ids where started.count < request.maxJobs {
            guard let job = jobs[id], request.queues.contains(job.spec.queue),
                candidates(in: job.spec.queue, request).contains(where: { $0.id == id })
            else { continue }
            let room = room(in: job.spec.queue)
            if hasExpired(job) {
                if room.lowerBound > 0 { expire(id) }
            } else if let lease = leases.first(where: { $0.token.jobID == id }) {
                start(lease, request)
                started.append(id)
            } else {
                expect(room.lowerBound == 0, "\(id) was not leased, but must be")
            }
        }
        let leased = leases.map(\.token.jobID)
        expect(leased == started, "a claim of \(ids) leased \(leased), not \(started)")
    }

    /// Starts an attempt.
    private mutating func start(_ lease: Lease, _ request: LeaseRequest) {
        let (id, token) = (lease.token.jobID, lease.token)
        guard let job = jobs[id] else { return report("\(id) was leased, but does not exist") }
        expect(
            candidates(in: job.spec.queue, request).contains { $0.id == id } && !hasExpired(job)
                && request.queues.contains(job.spec.queue),
            "\(id) was leased, but may not be: it is \(job.state) in \(job.spec.queue)")
        expect(room(in: job.spec.queue).upperBound > 0, "\(id) was leased, but \(job.spec.queue) has no room")
        expect(token.fence > job.latestToken?.fence ?? 0, "\(id) was leased with a used fence")
        expect(
            lease.expiresAt == now.adding(seconds: request.leaseSeconds),
            "\(id) has a lease of another length")
        if let limit = queues[job.spec.queue]?.settings.rateLimit {
            let tokens = queues[job.spec.queue]?.tokens(at: now) ?? Double(limit.burst)
            queues[job.spec.queue]?.bucket = (max(0, tokens - 1), now)
        }
        let modelLease = ModelLease(token: token, expiresAt: lease.expiresAt, seconds: request.leaseSeconds)
        move(id, to: .processing) { [now] job in
            job.attempt += 1
            (job.startedAt, job.workerID, job.progress) = (now, request.worker.id, nil)
            (job.lease, job.latestToken) = (modelLease, token)
        }
        expect(
            lease.job.attempt == jobs[id]?.attempt && lease.job.progress == nil,
            "the lease of \(id) shows an old attempt")
    }

    // MARK: The choice

    func partition(of job: ModelJob) -> String {
        queues[job.spec.queue]?.settings.partitionBy.flatMap { job.spec.tags[$0] } ?? ""
    }

    private func rank(_ job: ModelJob) -> Double {
        Double(job.spec.priority) + max(0, now.seconds(since: job.runAt.lowerBound)) / Self.ageingSeconds
    }

    /// Checks that no other candidate had to be leased before a job.
    ///
    /// Between two priorities, the order of the oldest jobs decides. A store may take the time of the submission or the
    /// time when a job became pending for its age. A job that is older by both comes first.
    private mutating func checkOrder(of job: ModelJob, among others: [ModelJob]) {
        if queues[job.spec.queue]?.isSorting == true { return }
        let rivals = others.filter {
            $0.id != job.id && !hasExpired($0) && partition(of: $0) == partition(of: job)
        }
        for (priority, jobs) in Dictionary(grouping: rivals, by: \.spec.priority) {
            if priority == job.spec.priority {
                let older = jobs.first { $0.isOlder(than: job) }
                if let older { report("\(job.id) was leased before \(older.id), which is older") }
            } else if let lowest = jobs.map({ rank($0) }).min(), lowest > rank(job) + Self.tolerance {
                report("\(job.id) was leased before all jobs of priority \(priority), which rank higher")
            }
        }
    }

    /// Checks that a claim stopped only because it was full, or its queues had nothing more to give.
    private mutating func checkComplete(_ leases: [Lease], _ request: LeaseRequest, _ pending: Set<JobID>) {
        let places = leases.compactMap { request.queues.firstIndex(of: $0.job.spec.queue) }
        expect(places == places.sorted(), "a claim did not take its queues in their order")
        let exhausted = leases.count < request.maxJobs ? request.queues.count : places.last ?? 0
        for queue in request.queues.prefix(exhausted) where room(in: queue).lowerBound > 0 {
            let left = candidates(in: queue, request).first { pending.contains($0.id) && !hasExpired($0) }
            if let left { report("\(left.id) was not leased, but may be") }
        }
    }

    /// Checks that the values of a partitioned queue took turns.
    private mutating func checkTurns(
        _ turns: [String: Int], in queue: String, _ request: LeaseRequest, _ pending: Set<JobID>
    ) {
        guard let own = queues[queue], own.settings.partitionBy != nil, !own.isSorting,
            let most = turns.values.max()
        else { return }
        for job in candidates(in: queue, request) where pending.contains(job.id) && !hasExpired(job) {
            let value = partition(of: job)
            if turns[value] ?? 0 < most - 1 { report("\(job.id) of '\(value)' was passed over: \(turns)") }
        }
    }
}

extension StoreModel.ModelJob {
    /// Whether it is older by the time of its submission and by the time when it became pending.
    fileprivate func isOlder(than other: Self) -> Bool {
        if !isLate, !other.isLate { return id < other.id }
        return createdAt < other.createdAt && pendingAt < other.pendingAt
    }
}
