import LonghaulCore
import LonghaulMemory
import LonghaulStore
import Synchronization

extension Flaw {
    /// The verbs of a transaction with this flaw; the transaction itself if the flaw is not in a verb.
    ///
    /// - Parameter checked: the submissions that the flaw checked in an earlier transaction.
    func wrap(_ transaction: MemoryTransaction, checked: CheckedSubmissions) -> any MemoryVerbs {
        switch self {
        case .earlyDepthCheck: EarlyDepthCheck(base: transaction, isChecked: checked.keys != nil)
        case .earlyKeyCheck: EarlyKeyCheck(base: transaction, checked: checked.keys ?? [])
        case .impatientReaper: ImpatientReaper(base: transaction)
        case .uncountedExpiry: UncountedExpiry(base: transaction)
        case .forgottenDependents: ForgottenDependents(base: transaction)
        case .hungJoin: HungJoin(base: transaction)
        case .driftingCounts: DriftingCounts(base: transaction)
        default: transaction
        }
    }
}

/// The submissions that a flaw has checked in an earlier transaction.
final class CheckedSubmissions: Sendable {
    private let state = Mutex<Set<[UInt8]>?>(nil)

    /// The digests of their keys; nil if nothing was checked.
    var keys: Set<[UInt8]>? {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}

/// Skips the check for room, which an earlier transaction has made.
private final class EarlyDepthCheck: VerbWrapper {
    let base: MemoryTransaction
    private let isChecked: Bool

    init(base: MemoryTransaction, isChecked: Bool) {
        self.base = base
        self.isChecked = isChecked
    }

    func checkRoom(for state: JobState, in queue: String) throws {
        if !isChecked { try base.checkRoom(for: state, in: queue) }
    }
}

/// Does not find keys that an earlier transaction has looked up.
private final class EarlyKeyCheck: VerbWrapper {
    let base: MemoryTransaction
    private let checked: Set<[UInt8]>

    init(base: MemoryTransaction, checked: Set<[UInt8]>) {
        self.base = base
        self.checked = checked
    }

    func storedKey(_ key: SubmissionKey) -> StoredKey? {
        checked.contains(key.digest) ? nil : base.storedKey(key)
    }
}

/// Judges leases as if there had been no outage.
private final class ImpatientReaper: VerbWrapper {
    let base: MemoryTransaction
    var leaseClock: LeaseClock { LeaseClock(now: base.now) }

    init(base: MemoryTransaction) {
        self.base = base
    }
}

/// Does not count the attempt of a lease that expires.
private final class UncountedExpiry: VerbWrapper {
    let base: MemoryTransaction

    init(base: MemoryTransaction) {
        self.base = base
    }

    func keep(_ row: JobRow, movedFrom previous: JobState, fault: FaultRow?) {
        var row = row
        if fault?.error == .leaseExpired { row.job.attempt -= 1 }
        base.keep(row, movedFrom: previous, fault: fault)
    }
}

/// Does not look for the dependents of a job whose last lease has expired.
private final class ForgottenDependents: VerbWrapper {
    let base: MemoryTransaction

    init(base: MemoryTransaction) {
        self.base = base
    }

    func resolveDependents(of row: JobRow, _ body: (inout JobRow) throws -> Void) throws {
        let error = try base.faults(of: row).last?.error
        if row.job.state == .failed, error == .leaseExpired { return }
        try base.resolveDependents(of: row, body)
    }
}

/// Skips dependents that may run after any end of the job, unless the job completed.
private final class HungJoin: VerbWrapper {
    let base: MemoryTransaction

    init(base: MemoryTransaction) {
        self.base = base
    }

    func resolveDependents(of row: JobRow, _ body: (inout JobRow) throws -> Void) throws {
        try base.resolveDependents(of: row) { dependent in
            if row.job.state != .completed, dependent.job.spec.onDependencyFailure == .run { return }
            try body(&dependent)
        }
    }
}

/// Counts a job that expires in the state that it leaves.
private final class DriftingCounts: VerbWrapper {
    let base: MemoryTransaction

    init(base: MemoryTransaction) {
        self.base = base
    }

    func keep(_ row: JobRow, movedFrom previous: JobState, fault: FaultRow?) {
        base.keep(row, movedFrom: previous, fault: fault)
        if fault?.error == .expired { base.count(row.job.spec, from: row.job.state, to: previous) }
    }
}
