/// Decides when a worker sends heartbeats: those that renew leases, and those without leases. A value without a clock
/// and without I/O.
struct HeartbeatTimer: Sendable {
    /// A heartbeat. Neither kind delays the other one.
    enum Kind: Sendable, Hashable, CaseIterable {
        /// Renews the leases of all attempts, and sends their progress.
        case renewal
        /// Shows that the worker is alive, and renews nothing.
        case plain
    }

    /// The running attempts, as far as heartbeats depend on them.
    struct Attempts: Sendable, Hashable {
        /// The start of the oldest attempt.
        var oldestStart: ContinuousClock.Instant
        /// The shortest heartbeat interval of an attempt.
        var interval: Duration
        /// Whether an attempt has progress that has not been sent.
        var hasUnsentProgress: Bool
    }

    /// The minimum time between two renewals that send progress.
    static let minProgressInterval = Duration.milliseconds(500)

    /// The interval of heartbeats that the worker announced; nil for heartbeats only while attempts are running.
    private let interval: Duration?
    private var inFlight: Set<Kind> = []
    /// The start of the latest renewal.
    private var renewedAt: ContinuousClock.Instant?
    /// The start of the latest heartbeat of either kind.
    private var sentAt: ContinuousClock.Instant

    init(startedAt: ContinuousClock.Instant, interval: Double?) {
        self.interval = interval.map { .seconds($0) }
        sentAt = startedAt
    }

    /// Begins the heartbeat that is due now; nil if none is. The caller sends it, and then calls ``ended(_:)``.
    ///
    /// - Parameter attempts: nil if no attempt is running.
    mutating func begin(_ attempts: Attempts?, at now: ContinuousClock.Instant) -> Kind? {
        guard let kind = Kind.allCases.first(where: { dueAt($0, attempts).map { $0 <= now } ?? false })
        else { return nil }
        inFlight.insert(kind)
        sentAt = now
        if kind == .renewal { renewedAt = now }
        return kind
    }

    /// Records that a heartbeat was answered, or failed.
    mutating func ended(_ kind: Kind) {
        inFlight.remove(kind)
    }

    /// When the next heartbeat is due unless the attempts change or one ends; nil if none is.
    func nextAt(_ attempts: Attempts?) -> ContinuousClock.Instant? {
        Kind.allCases.compactMap { dueAt($0, attempts) }.min()
    }

    /// When a heartbeat of this kind is due; nil while there is a reason to send none.
    private func dueAt(_ kind: Kind, _ attempts: Attempts?) -> ContinuousClock.Instant? {
        if inFlight.contains(kind) { return nil }
        switch kind {
        case .plain: return interval.map { sentAt + $0 }
        case .renewal: return attempts.map { renewalAt($0) }
        }
    }

    /// Leases are renewed one interval after the last renewal, or earlier if there is unsent progress.
    private func renewalAt(_ attempts: Attempts) -> ContinuousClock.Instant {
        let last = renewedAt.map { max($0, attempts.oldestStart) } ?? attempts.oldestStart
        let regular = last + attempts.interval
        guard attempts.hasUnsentProgress else { return regular }
        // Before the first renewal, progress is sent at once.
        let early = renewedAt.map { $0 + Self.minProgressInterval } ?? attempts.oldestStart
        return min(regular, early)
    }
}
