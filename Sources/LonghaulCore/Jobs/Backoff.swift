import Glibc

/// How long a job waits after a failed attempt.
public struct Backoff: Sendable, Hashable {
    /// How the wait grows from one failure to the next.
    public enum Growth: String, Sendable, Hashable, CaseIterable {
        /// The same wait each time.
        case fixed
        /// `initial_seconds` times `factor` to the number of failures so far.
        case exponential
    }

    /// How the wait grows.
    public var growth: Growth
    /// The wait after the first failure, in seconds.
    public var initialSeconds: Double
    /// What each wait is multiplied by to give the next; unused when fixed.
    public var factor: Double
    /// The longest wait, in seconds, before jitter.
    public var maxSeconds: Double
    /// The share of the wait that is random, 0 to 1: 0.2 spreads it evenly over 80% to 120%.
    public var jitter: Double

    /// A backoff of these settings; the defaults are the API's.
    public init(
        growth: Growth = .exponential, initialSeconds: Double = 1, factor: Double = 2,
        maxSeconds: Double = 600,
        jitter: Double = 0.2
    ) {
        self.growth = growth
        self.initialSeconds = initialSeconds
        self.factor = factor
        self.maxSeconds = maxSeconds
        self.jitter = jitter
    }

    /// The wait in seconds after the given number of failures (1 for the first).
    public func delay(afterFailures failures: Int, random: any RandomSource) -> Double {
        let grown =
            switch growth {
            case .fixed: initialSeconds
            case .exponential: initialSeconds * pow(factor, Double(max(0, failures - 1)))
            }
        let capped = min(grown, maxSeconds)
        return capped * (1 + jitter * (2 * random.fraction() - 1))
    }
}
