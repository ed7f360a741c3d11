/// Measures the total and the idle time of a transfer.
struct TransferClock {
    /// The result of a check.
    enum Check {
        /// The total timeout has passed.
        case total
        /// The idle timeout has passed.
        case stall
        /// No timeout has passed. The next check is due at this time; nil for never.
        case next(ContinuousClock.Instant?)
    }

    private let deadline: ContinuousClock.Instant?
    private let stallTimeout: Duration?
    /// The time of the last transferred bytes; nil before the connection.
    private var lastMove: ContinuousClock.Instant?

    /// The maximum timeout. A longer one could overflow when it is added to the present time.
    private static let maxDuration = Duration.seconds(366 * 86_400)

    init(timeout: Duration?, stallTimeout: Duration?) {
        deadline = timeout.map { .now + min($0, Self.maxDuration) }
        self.stallTimeout = stallTimeout.map { min($0, Self.maxDuration) }
    }

    /// Starts the idle time, after the connection.
    mutating func begin() {
        lastMove = .now
    }

    /// Records transferred bytes.
    mutating func touch() {
        if stallTimeout != nil && lastMove != nil { lastMove = .now }
    }

    /// Checks the timeouts.
    ///
    /// - Parameter isPaused: whether this side has paused the transfer, so that its idle time does not count.
    func check(at now: ContinuousClock.Instant, isPaused: Bool) -> Check {
        if let deadline, deadline <= now { return .total }
        guard let stallTimeout else { return .next(deadline) }
        let silence = isPaused ? now : lastMove ?? now
        let stall = silence + stallTimeout
        if stall <= now { return .stall }
        return .next(deadline.map { min($0, stall) } ?? stall)
    }
}
