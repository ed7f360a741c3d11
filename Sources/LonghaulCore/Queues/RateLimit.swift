/// How many jobs of a queue may start in a time: a token bucket. Each start takes a token; tokens return at
/// `jobs` in `periodSeconds`, and at most `burst` of them are saved up.
///
/// In any time of `t` seconds, at most `burst + t × jobs / periodSeconds` jobs start.
public struct RateLimit: Sendable, Hashable {
    /// How many tokens return in a period.
    public var jobs: Int
    /// The period, in seconds.
    public var periodSeconds: Double
    /// The most tokens that are saved up: how many jobs may start at once.
    public var burst: Int

    /// A limit of so many jobs in a period; unless told otherwise, as many may start at once.
    public init(jobs: Int, periodSeconds: Double = 1, burst: Int? = nil) {
        self.jobs = jobs
        self.periodSeconds = periodSeconds
        self.burst = burst ?? jobs
    }

    /// How many tokens return in a second.
    var perSecond: Double { Double(jobs) / periodSeconds }
}
