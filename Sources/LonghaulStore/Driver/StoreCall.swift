package import LonghaulCore

/// A call that writes, with its entries. A ``WritePlan`` derives from it what a driver must know, and a driver for tests
/// sees which call a transaction makes.
package enum StoreCall: Sendable {
    case submit([Submission])
    /// Leases any pending jobs.
    case claim(LeaseRequest)
    /// Leases these jobs.
    case claimJobs([JobID])
    case heartbeat(Heartbeat)
    case complete([StoreCompletion])
    case fail([Failure])
    case release([LeaseToken])
    /// Stores data of an attempt, with the number of its entries.
    case attach(LeaseToken, entries: Int)
    /// Changes the journal of a job.
    case journal(LeaseToken, [StoreOperationUpdate])
    /// Changes these jobs on behalf of an operator.
    case operate([JobID])
    case fire(ScheduleFiring)
    case maintain(limit: Int)
    /// Any other call, with the number of its entries.
    case other(weight: Int)

    /// The number of entries, for the bound of a transaction that several calls share.
    var weight: Int {
        switch self {
        case .submit(let submissions): submissions.reduce(0) { $0 + $1.weight }
        case .claim(let request): request.maxJobs
        case .claimJobs(let ids), .operate(let ids): ids.count
        case .heartbeat(let heartbeat): heartbeat.beats.count
        case .complete(let completions): completions.reduce(0) { $0 + $1.weight }
        case .fail(let failures): failures.count
        case .release(let tokens): tokens.count
        case .attach(_, let entries): entries
        case .journal(_, let updates): updates.reduce(0) { $0 + $1.weight }
        case .fire, .maintain: 1
        case .other(let weight): weight
        }
    }

    /// Whether a driver may give the call a transaction of its own that commits beside others.
    var isSeparable: Bool {
        switch self {
        case .submit, .complete: true
        default: false
        }
    }

    /// The rows that the call reads.
    var prefetch: Prefetch {
        switch self {
        case .submit(let submissions): Prefetch(submissions)
        case .claimJobs(let ids): Prefetch(leasing: ids)
        case .operate(let ids): Prefetch(ending: ids)
        case .heartbeat(let heartbeat): Prefetch(ids: heartbeat.beats.map(\.token.jobID))
        case .complete(let completions):
            completions.reduce(into: Prefetch(ending: completions.map(\.token.jobID))) {
                if !$1.next.isEmpty { $0 = $0 + Prefetch($1.next) }
            }
        case .fail(let failures): Prefetch(ending: failures.map(\.token.jobID))
        case .release(let tokens): Prefetch(ids: tokens.map(\.jobID))
        case .attach(let token, _): Prefetch(ids: [token.jobID])
        case .journal(let token, let updates):
            Prefetch(updates, of: token.jobID) + Prefetch(updates.compactMap(\.submission))
        case .claim, .fire, .maintain, .other: Prefetch()
        }
    }
}
