/// The remaining tokens of a ``RateLimit``. The store keeps them, by its own clock, so a limit applies across workers
/// and restarts.
public struct TokenBucket: Sendable, Hashable {
    /// The tolerance for rounding errors, in tokens.
    private static let tolerance = 1e-6

    /// The number of tokens at `countedAt`.
    public private(set) var tokens: Double
    /// When the tokens were counted.
    public private(set) var countedAt: Timestamp

    /// A bucket with this number of tokens.
    public init(tokens: Double, countedAt: Timestamp) {
        self.tokens = tokens
        self.countedAt = countedAt
    }

    /// A full bucket.
    public init(full limit: RateLimit, at now: Timestamp) {
        self.init(tokens: Double(limit.burst), countedAt: now)
    }

    /// The number of jobs that may start now.
    public func available(under limit: RateLimit, at now: Timestamp) -> Int {
        Int(level(under: limit, at: now) + Self.tolerance)
    }

    /// Takes a token for a job that starts. The caller has checked that there is one.
    public mutating func take(under limit: RateLimit, at now: Timestamp) {
        tokens = max(0, level(under: limit, at: now) - 1)
        countedAt = now
    }

    /// When the next job may start; nil if one may start now.
    public func nextAt(under limit: RateLimit, at now: Timestamp) -> Timestamp? {
        let level = level(under: limit, at: now)
        guard level + Self.tolerance < 1 else { return nil }
        let milliseconds = ((1 - level) / limit.perSecond * 1000).rounded(.up)
        return now.adding(seconds: max(1, milliseconds) / 1000)
    }

    /// The counted tokens plus those that have returned since. A clock that was set back returns none.
    private func level(under limit: RateLimit, at now: Timestamp) -> Double {
        let returned = max(0, now.seconds(since: countedAt)) * limit.perSecond
        return min(Double(limit.burst), tokens + returned)
    }
}
