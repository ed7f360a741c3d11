package import LonghaulCore

/// The choice of pending jobs for a claim.
extension StoreTransaction {
    /// Leases pending jobs to a worker.
    package func claim(_ request: LeaseRequest) throws -> [Lease] {
        try recordPoll(request)
        var leases: [Lease] = []
        for queue in request.queues where leases.count < request.maxJobs {
            try claim(from: queue, for: request, &leases)
        }
        return leases
    }

    private func claim(from queue: String, for request: LeaseRequest, _ leases: inout [Lease]) throws {
        var order: ClaimOrder?
        var missed = 0
        for _ in 0..<claimRounds {
            let wanted = min(request.maxJobs - leases.count, try room(in: queue))
            guard wanted > 0 else { return }
            var next = try order ?? ClaimOrder(self, try lanes(of: queue, for: request), queue, request)
            let chosen = try next.next(wanted, self)
            order = next
            try prefetch(chosen)
            let before = leases.count
            for job in chosen {
                guard let row = try row(job), let lease = try lease(row, for: request) else { continue }
                leases.append(lease)
            }
            // The next jobs take the place of those that have expired or that another transaction has locked.
            let missedNow = before + chosen.count - leases.count
            missed += missedNow
            guard missedNow > 0, missed < ClaimOrder.maxMissed else { return }
        }
    }
}

/// The order in which a request is given the jobs of a queue.
private enum ClaimOrder {
    /// The maximum number of chosen jobs that one claim cannot lease, because they have expired or are locked.
    static let maxMissed = 1000

    case lanes(LaneFront)
    case partitions(PartitionRing, PartitionTurns.Key)

    init(
        _ transaction: some StoreTransaction, _ source: any LaneSource, _ queue: String,
        _ request: LeaseRequest
    ) throws {
        let (now, ageingSeconds) = (transaction.now, transaction.limits.ageingSeconds)
        guard source.isPartitioned else {
            let lanes = try source.lanes(of: nil)
            self = .lanes(LaneFront(lanes, source, now: now, ageingSeconds: ageingSeconds))
            return
        }
        let key = PartitionTurns.Key(queue, request)
        let ring = PartitionRing(source, after: transaction.latestTurn(key)) {
            LaneFront($0, source, now: now, ageingSeconds: ageingSeconds)
        }
        self = .partitions(ring, key)
    }

    /// The next jobs, at most `wanted`.
    mutating func next(_ wanted: Int, _ transaction: some StoreTransaction) throws -> [PendingJob] {
        switch self {
        case .lanes(let front):
            var chosen: [PendingJob] = []
            while chosen.count < wanted, let job = try front.next(wanted: wanted - chosen.count) {
                chosen.append(job)
            }
            return chosen
        case .partitions(var ring, let key):
            let chosen = try ring.next(wanted)
            self = .partitions(ring, key)
            for (_, partition) in chosen { transaction.recordTurn(of: partition, key) }
            return chosen.map(\.job)
        }
    }
}
