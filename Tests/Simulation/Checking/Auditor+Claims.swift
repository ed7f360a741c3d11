import LonghaulCore

/// Checks which jobs start: rate limits, ageing and the turns of partitions. It shares no code with the store's rules.
extension Auditor {
    /// The tags by which queues are partitioned have one of these values.
    static let partitions = ["", "a", "b", "c"]

    /// Requests that share a round of partitions.
    struct Round: Hashable {
        let queue: String
        let kinds: [String]
    }

    /// Checks that a queue starts no more jobs than its rate limit allows, in any time until now.
    func started(_ id: JobID, in queue: inout QueueModel, at now: Timestamp) {
        guard let limit = queue.settings.rateLimit else { return }
        queue.starts.append(now)
        for (index, start) in queue.starts.enumerated() {
            let count = queue.starts.count - index
            let allowed =
                Double(limit.burst) + now.seconds(since: start) * Double(limit.jobs) / limit.periodSeconds
            if Double(count) > allowed + 1e-6 {
                return report(
                    "\(name(id)) started beyond the rate limit: \(count) starts where \(allowed) are allowed")
            }
        }
    }

    /// Checks whether other jobs should have been leased before these.
    func chosen(_ leases: [Lease], for request: LeaseRequest) {
        for (index, lease) in leases.enumerated() {
            let spec = lease.job.spec
            let later = Set(leases[(index + 1)...].map(\.token.jobID))
            let queue = queues[spec.queue] ?? QueueModel()
            guard !queue.isSorting else { continue }
            let others = candidates(in: spec.queue, queue, request, besides: later)
            let served = partition(of: spec, queue)
            if queue.settings.partitionBy != nil {
                checkTurn(of: served, among: others, in: Round(queue: spec.queue, kinds: request.kinds))
            }
            checkRank(of: lease, among: others.filter { $0.partition == served })
        }
    }

    /// A job that the same claim could have leased.
    private struct Candidate {
        let priority: Int
        let partition: String
        let rank: Double
        /// Whether it is still pending.
        let isPending: Bool
    }

    /// The pending jobs of a queue that the request fits, and those that the same call leased later.
    private func candidates(
        in name: String, _ queue: QueueModel, _ request: LeaseRequest, besides later: Set<JobID>
    ) -> [Candidate] {
        jobs.compactMap { id, model in
            let isPending = model.state == .pending && !model.isRemoved
            let spec = model.spec
            guard model.queue == name, isPending || later.contains(id),
                request.kinds.isEmpty || request.kinds.contains(spec.kind)
            else { return nil }
            // The claim itself may have made a job pending, which it then could not choose.
            let isNew = isPending && model.changedAt >= clock.now()
            return Candidate(
                priority: spec.priority, partition: partition(of: spec, queue),
                rank: isNew ? -.infinity : rank(spec.priority, since: model.runAt),
                isPending: isPending && !isNew)
        }
    }

    private func partition(of spec: JobSpec, _ queue: QueueModel) -> String {
        queue.settings.partitionBy.flatMap { spec.tags[$0] } ?? ""
    }

    /// Reports a partition that had jobs at each turn of a round and was not served.
    private func checkTurn(of served: String, among others: [Candidate], in round: Round) {
        let waiting = Set(others.filter(\.isPending).map(\.partition))
        var skipped = turns[round] ?? [:]
        for value in Self.partitions {
            let isSkipped = value != served && waiting.contains(value)
            skipped[value] = isSkipped ? (skipped[value] ?? 0) + 1 : 0
            if let count = skipped[value], count >= Self.partitions.count {
                report("the partition '\(value)' of \(round.queue) was skipped \(count) times")
            }
        }
        turns[round] = skipped
    }

    /// Reports a job that was leased although every job of another priority ranked higher.
    ///
    /// Within one priority a store may order jobs by their age or by when they became pending. So it is enough that one
    /// of them ranks lower.
    private func checkRank(of lease: Lease, among others: [Candidate]) {
        var lowest: [Int: Double] = [:]
        for other in others { lowest[other.priority] = min(lowest[other.priority] ?? .infinity, other.rank) }
        let own = lease.job.spec.priority
        let rank = rank(own, since: lease.job.runAt)
        for (priority, other) in lowest.sorted(by: { $0.key < $1.key })
        where priority != own && other > rank + 1e-6 {
            report(
                "\(name(lease.token.jobID)) of rank \(rank) was leased before a job of priority \(priority) and rank \(other)"
            )
        }
    }

    private func rank(_ priority: Int, since runAt: Timestamp) -> Double {
        guard let ageingSeconds else { return Double(priority) }
        return Double(priority) + max(0, clock.now().seconds(since: runAt)) / ageingSeconds
    }

    /// Checks that a new job is in the queue to which the routing table sends it.
    func checkRoute(of submission: Submission) {
        guard submission.spec.kind == Fixtures.sizedKind, let size = submission.spec.size else { return }
        let expected = size <= Fixtures.maxSize ? Fixtures.small : "default"
        if submission.spec.queue != expected {
            report("a job of size \(size) was routed to \(submission.spec.queue) instead of \(expected)")
        }
    }
}
