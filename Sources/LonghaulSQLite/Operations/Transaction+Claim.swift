import LonghaulCore
import LonghaulStore

/// The choice of pending jobs for a claim.
extension Transaction {
    /// The maximum number of expired jobs that one claim cancels. Maintenance cancels the rest.
    private static let maxExpired = 1000

    func claim(_ request: LeaseRequest) throws -> [Lease] {
        try recordPoll(request)
        var leases: [Lease] = []
        for queue in request.queues where leases.count < request.maxJobs {
            let wanted = min(request.maxJobs - leases.count, try room(in: queue))
            if wanted > 0 { leases += try claim(wanted, from: queue, for: request) }
        }
        return leases
    }

    private func claim(_ wanted: Int, from queue: String, for request: LeaseRequest) throws -> [Lease] {
        guard queues[queue]?.counts[.pending] ?? 0 > 0 else { return [] }
        let lanes = try LabelLane.lanes(of: queue, for: request, loader)
        guard queues[queue]?.hasPartitions ?? false else {
            var front = PendingFront(lanes, of: queue, partition: "", in: self)
            return try claim(wanted, for: request) { try front.next(wanted: $0) }
        }
        let key = PartitionTurns.Key(queue, request)
        var ring = PartitionRing(lanes, of: queue, after: queues.turns.latest(key), in: self)
        return try claim(wanted, for: request) { wanted in
            try ring.next(wanted: wanted).map { turn in
                queues.turns.took(turn.value, key)
                return turn.seq
            }
        }
    }

    /// Leases the jobs that `next` returns, until there are enough.
    private func claim(
        _ wanted: Int, for request: LeaseRequest, next: (_ wanted: Int) throws -> Int64?
    ) throws -> [Lease] {
        var leases: [Lease] = []
        var expired = 0
        while leases.count < wanted, expired < Self.maxExpired, let seq = try next(wanted - leases.count) {
            guard let row = try loader.row(at: seq) else { continue }
            if let lease = try lease(row, for: request) { leases.append(lease) } else { expired += 1 }
        }
        return leases
    }
}
