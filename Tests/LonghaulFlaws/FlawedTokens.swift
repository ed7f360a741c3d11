import LonghaulCore
import LonghaulStore

/// Changes the rows that the rules read, so that wrong tokens of the call are current. See ``Flaw/noFence``,
/// ``Flaw/openCancel`` and ``Flaw/undeadHeartbeat``.
final class FlawedTokens: VerbWrapper {
    let inner: any StoreTransaction
    private let flaw: Flaw
    private let tokens: [JobID: LeaseToken]

    /// The verbs of a call with this flaw; `inner` itself if the flaw does not concern the call.
    static func wrap(_ inner: any StoreTransaction, flaw: Flaw, _ call: StoreCall?) -> any StoreTransaction {
        guard let call, !call.tokens.isEmpty else { return inner }
        if case .heartbeat = call {} else if flaw == .undeadHeartbeat { return inner }
        return FlawedTokens(inner: inner, flaw: flaw, tokens: call.tokens)
    }

    private init(inner: any StoreTransaction, flaw: Flaw, tokens: [LeaseToken]) {
        self.inner = inner
        self.flaw = flaw
        self.tokens = Dictionary(tokens.map { ($0.jobID, $0) }, uniquingKeysWith: { first, _ in first })
    }

    func row(_ id: JobID) throws -> JobRow? {
        guard var row = try inner.row(id), let token = tokens[id] else { return try inner.row(id) }
        switch (flaw, row.job.state) {
        case (.noFence, .processing):
            row.fence = token.fence
            row.secret = token.secret
        case (.openCancel, .cancelled) where row.matches(token):
            row.job.state = .processing
            row.leaseExpiresAt = now
        case (.undeadHeartbeat, .processing) where row.matches(token):
            row.leaseExpiresAt = row.leaseExpiresAt.map { max($0, now) }
        default: break
        }
        return row
    }

    func update(_ row: JobRow, from previous: JobState, fault: FaultRow?) throws {
        try inner.update(try restored(row), from: previous, fault: fault)
    }

    func update(_ row: JobRow) throws { try inner.update(try restored(row)) }

    func updateLease(_ row: JobRow) throws { try inner.updateLease(try restored(row)) }

    /// A row with its own fence.
    private func restored(_ row: JobRow) throws -> JobRow {
        guard flaw == .noFence, let stored = try inner.row(row.job.id) else { return row }
        var row = row
        row.fence = stored.fence
        row.secret = stored.secret
        return row
    }
}
