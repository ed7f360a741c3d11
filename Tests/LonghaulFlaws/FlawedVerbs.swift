package import LonghaulCore
package import LonghaulStore

extension Flaw {
    /// The verbs of a transaction with this flaw; `inner` itself if the flaw is not in a verb.
    package func wrap(_ inner: any StoreTransaction, context: FlawContext) -> any StoreTransaction {
        switch self {
        case .earlyDepthCheck: EarlyDepthCheck(inner: inner, isChecked: context.keys != nil)
        case .earlyKeyCheck: EarlyKeyCheck(inner: inner, checked: context.keys ?? [])
        case .impatientReaper: ImpatientReaper(inner: inner)
        case .uncountedExpiry: UncountedExpiry(inner: inner)
        case .forgottenDependents: ForgottenDependents(inner: inner)
        case .hungJoin: HungJoin(inner: inner)
        case .driftingCounts: DriftingCounts(inner: inner)
        case .swallowedFault: SwallowedFault(inner: inner)
        case .freeStarts: FreeStarts(inner: inner)
        case .oneRoomCheck: OneRoomCheck(inner: inner)
        case .forgottenTurns: ForgottenTurns(inner: inner)
        case .reversedRoutes: ReversedRoutes(inner: inner)
        case .staleProgress: StaleProgress(inner: inner)
        case .earlierWorker: EarlierWorker(inner: inner)
        case .laterWebhook: LaterWebhook.wrap(inner, context)
        case .leaselessClaim: LeaselessClaim(inner: inner)
        case .unrecordedChange: UnrecordedChange(inner: inner)
        case .unrevokedKey: UnrevokedKey(inner: inner)
        case .lostWakeUp: LostWakeUp(inner: inner)
        case .repeatedSignal: RepeatedSignal(inner: inner)
        case .secondChild, .changedOperation, .blindSuspension:
            FlawedOperations.wrap(inner, flaw: self, context.call)
        case .blindWait, .openName, .openTask, .keptRecords:
            FlawedExecutions.wrap(inner, flaw: self, context.call)
        case .noFence, .openCancel, .undeadHeartbeat: FlawedTokens.wrap(inner, flaw: self, context.call)
        default: inner
        }
    }

    /// The limits of a store with this flaw.
    package func flawed(_ limits: StoreLimits) -> StoreLimits {
        var limits = limits
        if self == .ageless { limits.ageingSeconds = nil }
        return limits
    }
}

/// The call that a transaction with a flaw serves.
package final class FlawContext: @unchecked Sendable {
    /// The digests of the keys that an earlier transaction has looked up; nil if there was none.
    package var keys: Set<[UInt8]>?
    /// The call; nil for a write that is not a call of the store.
    package var call: StoreCall?
    /// The webhooks that a second transaction stores; nil if each is stored at once.
    package var webhooks: [WithheldWebhook]?

    /// A webhook that a second transaction stores.
    package struct WithheldWebhook {
        package let delivery: WebhookDelivery
        package let row: JobRow
        /// The number of webhooks of the job that are kept.
        package let kept: Int
    }

    package init() {}
}

/// Finds queues empty whose room an earlier transaction has checked.
private final class EarlyDepthCheck: VerbWrapper {
    let inner: any StoreTransaction
    private let isChecked: Bool

    init(inner: any StoreTransaction, isChecked: Bool) {
        self.inner = inner
        self.isChecked = isChecked
    }

    func count(_ jobs: BoundedJobs, in queue: String, near bound: Int?) throws -> Int {
        isChecked ? 0 : try inner.count(jobs, in: queue, near: bound)
    }

    func pendingCount(near bound: Int) throws -> Int {
        isChecked ? 0 : try inner.pendingCount(near: bound)
    }
}

/// Does not find keys that an earlier transaction has looked up.
private final class EarlyKeyCheck: VerbWrapper {
    let inner: any StoreTransaction
    private let checked: Set<[UInt8]>

    init(inner: any StoreTransaction, checked: Set<[UInt8]>) {
        self.inner = inner
        self.checked = checked
    }

    func storedKey(_ key: SubmissionKey) throws -> StoredKey? {
        checked.contains(key.digest) ? nil : try inner.storedKey(key)
    }
}

/// Ends leases as if there had been no outage.
private final class ImpatientReaper: VerbWrapper {
    let inner: any StoreTransaction
    var leaseClock: LeaseClock { LeaseClock(now: inner.now) }

    init(inner: any StoreTransaction) {
        self.inner = inner
    }
}

/// Does not count the attempt of a lease that expires.
private final class UncountedExpiry: VerbWrapper {
    let inner: any StoreTransaction

    init(inner: any StoreTransaction) {
        self.inner = inner
    }

    func update(_ row: JobRow, from previous: JobState, fault: FaultRow?) throws {
        var row = row
        if fault?.error == .leaseExpired { row.job.attempt -= 1 }
        try inner.update(row, from: previous, fault: fault)
    }
}

/// Does not look for the dependents of a job whose last lease has expired.
private final class ForgottenDependents: VerbWrapper {
    let inner: any StoreTransaction

    init(inner: any StoreTransaction) {
        self.inner = inner
    }

    func resolveDependents(of row: JobRow, _ body: (inout JobRow) throws -> Void) throws {
        let error = try inner.faults(of: row).last?.error
        if row.job.state == .failed, error == .leaseExpired { return }
        try inner.resolveDependents(of: row, body)
    }
}

/// Skips dependents that may run after any end of the job, unless the job completed.
private final class HungJoin: VerbWrapper {
    let inner: any StoreTransaction

    init(inner: any StoreTransaction) {
        self.inner = inner
    }

    func resolveDependents(of row: JobRow, _ body: (inout JobRow) throws -> Void) throws {
        try inner.resolveDependents(of: row) { dependent in
            if row.job.state != .completed, dependent.job.spec.onDependencyFailure == .run { return }
            try body(&dependent)
        }
    }
}

/// Counts a job that expires in the state that it leaves.
private final class DriftingCounts: VerbWrapper {
    let inner: any StoreTransaction

    init(inner: any StoreTransaction) {
        self.inner = inner
    }

    func update(_ row: JobRow, from previous: JobState, fault: FaultRow?) throws {
        try inner.update(row, from: previous, fault: fault)
        if fault?.error == .expired { inner.count(row.job.spec, from: row.job.state, to: previous) }
    }
}

/// Answers although the database failed while dependents were resolved.
private final class SwallowedFault: VerbWrapper {
    let inner: any StoreTransaction

    init(inner: any StoreTransaction) {
        self.inner = inner
    }

    func resolveDependents(of row: JobRow, _ body: (inout JobRow) throws -> Void) throws {
        try? inner.resolveDependents(of: row, body)
    }
}
