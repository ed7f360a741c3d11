import LonghaulPlatform

/// The delay of a job after a failed attempt.
public struct Backoff: Sendable, Hashable {
    /// How the delay grows from one failure to the next.
    public enum Growth: String, Sendable, Hashable, CaseIterable {
        /// The same delay after each failure.
        case fixed
        /// `initial_seconds` times `factor` to the power of the number of earlier failures.
        case exponential
    }

    /// How the delay grows.
    public var growth: Growth
    /// The delay after the first failure, in seconds.
    public var initialSeconds: Double
    /// The factor from one delay to the next; not used with a fixed delay.
    public var factor: Double
    /// The maximum delay before jitter, in seconds.
    public var maxSeconds: Double
    /// The random share of the delay, 0 to 1: 0.2 spreads it evenly over 80% to 120%.
    public var jitter: Double

    /// A back-off with these settings; the default values are those of the API.
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

    /// The delay in seconds after the given number of failures (1 for the first).
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
