import LonghaulCore
import LonghaulStore

/// Claims of pending jobs, polls and heartbeats of workers.
extension Transaction {
    /// The maximum number of retries of a claim after jobs that have expired or are locked.
    private static let rounds = 8

    func recordPoll(_ request: LeaseRequest) {
        workers.recordPoll(request, in: self)
    }

    func recordHeartbeat(of worker: String) {
        workers.recordHeartbeat(of: worker, in: self)
    }

    func deleteWorker(_ id: String) throws -> Bool {
        try workers.forget(id, in: self)
    }

    func claim(_ request: LeaseRequest) throws -> [Lease] {
        recordPoll(request)
        var leases: [Lease] = []
        for queue in request.queues where leases.count < request.maxJobs {
            for _ in 0..<Self.rounds {
                let wanted = min(request.maxJobs - leases.count, try room(in: queue))
                guard wanted > 0 else { break }
                let chosen = try choose(wanted, from: queue, for: request)
                let before = leases.count
                leases += try lease(chosen, for: request)
                let metOthers = leases.count - before < chosen.count
                if !metOthers { break }
            }
        }
        return leases
    }

    /// Locks the chosen jobs and leases those that no other transaction has locked.
    private func lease(_ chosen: [Choice], for request: LeaseRequest) throws -> [Lease] {
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
}
