/// The pauses between the attempts of a call that fails. They grow by a factor, up to a maximum.
///
/// A value without a clock or a generator: the caller sleeps, and passes the random numbers.
///
/// ```swift
/// var backoff = ExponentialBackoff(initialSeconds: 0.05, maxSeconds: 5)
/// while !send() { try await Task.sleep(for: .seconds(backoff.next(random: random.fraction()))) }
/// ```
package struct ExponentialBackoff: Sendable, Hashable {
    private let initialSeconds: Double
    private let maxSeconds: Double
    private let factor: Double
    private let jitter: Double
    private var seconds: Double

    /// - Parameters:
    ///   - initialSeconds: the first pause.
    ///   - maxSeconds: the maximum pause.
    ///   - factor: the factor from one pause to the next.
    ///   - jitter: the random share of a pause, so that many callers do not retry at the same moment: 0 for none,
    ///     1 for pauses between zero and the full length.
    package init(initialSeconds: Double, maxSeconds: Double, factor: Double = 2, jitter: Double = 0.5) {
        self.initialSeconds = initialSeconds
        self.maxSeconds = maxSeconds
        self.factor = factor
        self.jitter = jitter
        seconds = min(initialSeconds, maxSeconds)
    }

    /// Whether an attempt has failed since the start or the latest ``reset()``.
    package private(set) var isActive = false

    /// The pause after one more failure, in seconds.
    ///
    /// - Parameter random: a random number, at least 0 and less than 1. It is not used without jitter.
    package mutating func next(random: Double = 0) -> Double {
        isActive = true
        defer { seconds = min(maxSeconds, seconds * factor) }
        return seconds * (1 - jitter * random)
    }

    /// Starts again with the first pause, after a success.
    package mutating func reset() {
        isActive = false
        seconds = min(initialSeconds, maxSeconds)
    }
}
