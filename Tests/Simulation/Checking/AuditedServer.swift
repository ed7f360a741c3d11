import LonghaulCore

/// One server process, as the auditor sees it: the time of its last transaction, and the end of its latest outage. It
/// shares no code with the store's rule.
///
/// The memory driver calls ``begin(at:)`` and ``rollBack()``. The SQLite driver calls ``begin(at:)``,
/// ``succeed(at:changedData:)`` and ``fail()``: after a failed transaction, an outage lasts until a transaction
/// changes data.
final class AuditedServer: @unchecked Sendable {
    /// The minimum length of an outage, in seconds. It is long enough that a simulated hour has few empty transactions.
    static let outageSeconds = 4.0

    private struct State {
        var lastActiveAt: Timestamp?
        var resumedAt = Timestamp(milliseconds: 0)
        var isFailing = false
    }

    private var state = State()
    private var committed = State()

    /// Records that a transaction starts.
    func begin(at now: Timestamp) {
        committed = state
        let silence = state.lastActiveAt.map { now.seconds(since: $0) } ?? .infinity
        if silence > Self.outageSeconds { state.resumedAt = now }
        state.lastActiveAt = now
    }

    /// Records that the transaction failed.
    func rollBack() {
        state = committed
    }

    /// Records that the transaction that started at this moment is committed.
    func succeed(at moment: Timestamp, changedData: Bool) {
        if changedData { state.isFailing = false }
        state.lastActiveAt = state.isFailing ? committed.lastActiveAt : moment
    }

    /// Records that the database rejected the transaction.
    func fail() {
        state.lastActiveAt = committed.lastActiveAt
        state.isFailing = true
    }

    /// The server as it is now.
    func copy() -> AuditedServer {
        let copy = AuditedServer()
        (copy.state, copy.committed) = (state, committed)
        return copy
    }

    /// The earliest moment at which this server may end a lease.
    func earliestEnd(of holder: Auditor.Holder) -> Timestamp {
        max(holder.expiresAt, state.resumedAt.adding(seconds: holder.seconds))
    }
}
