/// The tokens that a ``RateLimit`` has left. Kept by the store, on the store's clock, so that a limit holds
/// across workers and restarts.
public struct TokenBucket: Sendable, Hashable {
    /// What is forgiven to the arithmetic of fractions, in tokens.
    private static let tolerance = 1e-6

    /// How many there were at `countedAt`.
    public private(set) var tokens: Double
    /// When they were counted.
    public private(set) var countedAt: Timestamp

    /// A bucket with so many tokens.
    public init(tokens: Double, countedAt: Timestamp) {
        self.tokens = tokens
        self.countedAt = countedAt
    }

    /// A full bucket.
    public init(full limit: RateLimit, at now: Timestamp) {
        self.init(tokens: Double(limit.burst), countedAt: now)
    }

    /// How many jobs may start now.
    public func available(under limit: RateLimit, at now: Timestamp) -> Int {
        Int(level(under: limit, at: now) + Self.tolerance)
    }

    /// Takes a token for a job that starts. The caller has seen that there is one.
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

    /// What was counted and what has returned since. A clock that was set back returns nothing.
    private func level(under limit: RateLimit, at now: Timestamp) -> Double {
        let returned = max(0, now.seconds(since: countedAt)) * limit.perSecond
        return min(Double(limit.burst), tokens + returned)
    }
}
