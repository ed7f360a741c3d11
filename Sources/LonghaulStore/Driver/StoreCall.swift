package import LonghaulCore
import LonghaulJSON

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
    /// Writes records, and starts an execution.
    case write([RecordWrite], starting: Submission?)
    /// Stores a step of an execution.
    case advance(LeaseToken, ExecutionAdvance)
    /// Sends a report to an execution. The record is that of the task.
    case report(JobID, RecordKey?)
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
        case .write(let writes, let execution):
            writes.reduce(execution?.weight ?? 0) {
                $0 + KeyedRecord.weight(ofBytes: $1.value?.bytes.count ?? 0)
            }
        case .advance(_, let advance): advance.weight
        case .report, .fire, .maintain: 1
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
        case .write(let writes, let execution): Prefetch(writes, starting: execution)
        case .advance(let token, let advance): Prefetch(advance, of: token.jobID)
        case .report(let id, let task):
            Prefetch(ids: [id], records: [task].compactMap { $0 })
        case .claim, .fire, .maintain, .other: Prefetch()
        }
    }
}

extension ExecutionAdvance {
    /// The cost of storing it, in units of a small job.
    fileprivate var weight: Int {
        var records = tasks.count + links.count + handledReports.count
        for event in events { records += KeyedRecord.weight(ofBytes: event.bytes.count) }
        for line in logLines { records += KeyedRecord.weight(ofBytes: line.message.utf8.count) }
        for part in parts.values { records += KeyedRecord.weight(ofBytes: part?.bytes.count ?? 0) }
        return children.reduce(1 + records / 4 + cancelledChildren.count) { $0 + $1.weight }
    }
}
