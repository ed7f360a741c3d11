/// A rate limit for the starts of jobs in a queue: a token bucket. Each start takes a token. In each period of
/// `periodSeconds`, `jobs` tokens return. The bucket holds at most `burst` tokens.
///
/// In `t` seconds, at most `burst + t × jobs / periodSeconds` jobs start.
public struct RateLimit: Sendable, Hashable {
    /// The number of tokens that return in a period.
    public var jobs: Int
    /// The period, in seconds.
    public var periodSeconds: Double
    /// The maximum number of tokens in the bucket: the number of jobs that may start at once.
    public var burst: Int

    /// A limit of this number of jobs in a period. By default, the burst is the same number.
    public init(jobs: Int, periodSeconds: Double = 1, burst: Int? = nil) {
        self.jobs = jobs
        self.periodSeconds = periodSeconds
        self.burst = burst ?? jobs
    }

    /// The number of tokens that return in a second.
    var perSecond: Double { Double(jobs) / periodSeconds }
}
