/// When a transfer has taken too long, or been silent for too long.
struct TransferClock {
    /// What a look at the clock comes to.
    enum Check {
        /// All the time that the request had is over.
        case total
        /// Nothing has moved for too long.
        case stall
        /// Neither; to be looked at again at this moment, or never.
        case next(ContinuousClock.Instant?)
    }

    private let deadline: ContinuousClock.Instant?
    private let stallTimeout: Duration?
    /// When something last moved; nil before there is a connection.
    private var lastMove: ContinuousClock.Instant?

    /// A year stands for ever, and keeps the sums of moments and durations in range.
    private static let longest = Duration.seconds(366 * 86_400)

    init(timeout: Duration?, stallTimeout: Duration?) {
        deadline = timeout.map { .now + min($0, Self.longest) }
        self.stallTimeout = stallTimeout.map { min($0, Self.longest) }
    }

    /// There is a connection: silence counts from now on.
    mutating func begin() {
        lastMove = .now
    }

    /// Something has moved.
    mutating func touch() {
        if stallTimeout != nil && lastMove != nil { lastMove = .now }
    }

    func check(at now: ContinuousClock.Instant, isHeldUp: Bool) -> Check {
        if let deadline, deadline <= now { return .total }
        guard let stallTimeout else { return .next(deadline) }
        let silence = isHeldUp ? now : lastMove ?? now
        let stall = silence + stallTimeout
        if stall <= now { return .stall }
        return .next(deadline.map { min($0, stall) } ?? stall)
    }
}
