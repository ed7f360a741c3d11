package import LonghaulCore
import LonghaulStore

/// The choice of pending jobs for a claim.
extension MemoryVerbs {
    package func claim(_ request: LeaseRequest) throws -> [Lease] {
        try recordPoll(request)
        var leases: [Lease] = []
        for queue in request.queues {
            var candidates = candidates(in: queue, request)
            while leases.count < request.maxJobs, try room(in: queue) > 0,
                let index = next(of: candidates, in: queue, request)
            {
                if let lease = try lease(candidates.remove(at: index), for: request) { leases.append(lease) }
            }
        }
        return leases
    }

    /// The pending jobs of a queue that the worker may run, oldest first.
    private func candidates(in queue: String, _ request: LeaseRequest) -> [JobRow] {
        base.tables.rows { stored in
            let spec = stored.row.job.spec
            return stored.state == .pending && spec.queue == queue
                && (request.kinds.isEmpty || request.kinds.contains(spec.kind))
                && LabelRule.serves(request.worker.labels, needed: spec.labels)
        }.map(\.row)
    }

    /// The index of the next job to lease.
    private func next(of rows: [JobRow], in queue: String, _ request: LeaseRequest) -> Int? {
        guard let tag = base.tables.queues[queue]?.settings.partitionBy else {
            return first(of: Array(rows.indices), rows)
        }
        let key = PartitionTurns.Key(queue, request)
        let values = Set(rows.map { $0.job.spec.tags[tag] ?? "" })
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        let latest = base.tables.turns.latest(key)
        let later = values.first { value in
            latest.map { $0.utf8.lexicographicallyPrecedes(value.utf8) } ?? true
        }
        guard let value = later ?? values.first else { return nil }
        base.tables.turns.took(value, key)
        return first(of: rows.indices.filter { (rows[$0].job.spec.tags[tag] ?? "") == value }, rows)
    }

    /// The index of the job with the highest effective priority, among the oldest jobs of each priority. The higher
    /// priority wins a tie.
    private func first(of indices: [Int], _ rows: [JobRow]) -> Int? {
        var oldest: [Int: Int] = [:]
        for index in indices.reversed() { oldest[rows[index].job.spec.priority] = index }
        func rank(_ index: Int) -> (Double, Int) {
            let job = rows[index].job
            let effective = AgeingRule.effectivePriority(
                of: job.spec.priority, waitedSeconds: now.seconds(since: job.runAt),
                ageingSeconds: base.limits.ageingSeconds)
            return (effective, job.spec.priority)
        }
        return oldest.values.max { rank($0) < rank($1) }
    }
}
