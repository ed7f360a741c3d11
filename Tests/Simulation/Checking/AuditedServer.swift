import LonghaulCore

/// What the auditor knows of one server process: when it last completed a transaction, and when its latest outage
/// ended. Written apart from the store's own rule.
final class AuditedServer: @unchecked Sendable {
    /// How long a silence must be to count as an outage, in seconds. Long enough that a simulated hour has few
    /// empty transactions.
    static let outageSeconds = 4.0

    private var lastActiveAt: Timestamp?
    private var resumedAt = Timestamp(milliseconds: 0)

    /// Notes that a transaction starts, which will succeed.
    func begin(at now: Timestamp) {
        let silence = lastActiveAt.map { now.seconds(since: $0) } ?? .infinity
        if silence > Self.outageSeconds { resumedAt = now }
        lastActiveAt = now
    }

    /// The earliest moment at which this server may end a lease.
    func earliestEnd(of holder: Auditor.Holder) -> Timestamp {
        max(holder.expiresAt, resumedAt.adding(seconds: holder.seconds))
    }
}
