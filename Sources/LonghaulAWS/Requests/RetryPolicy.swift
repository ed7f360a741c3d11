import LonghaulConcurrency

/// Decides whether and when a request is sent again.
struct RetryPolicy: Sendable {
    private var attemptsLeft: Int
    /// Expired credentials are replaced once, and the clock is corrected once.
    private var mayReplaceCredentials = true
    private var backoff = ExponentialBackoff(initialSeconds: 0.1, maxSeconds: 5, jitter: 1)
    private var throttledBackoff = ExponentialBackoff(initialSeconds: 0.5, maxSeconds: 20, jitter: 1)

    init(_ request: AWSRequest) {
        attemptsLeft = request.maxAttempts - 1
    }

    /// The pause before the next attempt, in seconds; nil if there is none.
    ///
    /// - Parameter random: a random number, at least 0 and less than 1.
    mutating func pause(after error: AWSError, random: Double) -> Double? {
        guard attemptsLeft > 0 else { return nil }
        attemptsLeft -= 1
        switch error.kind {
        case .throttled: return throttledBackoff.next(random: random)
        case .unavailable: return backoff.next(random: random)
        case .credentials:
            // No other credentials can correct a wrong secret key.
            guard mayReplaceCredentials, error.status != nil, error.code != "SignatureDoesNotMatch" else {
                return nil
            }
            mayReplaceCredentials = false
            return 0
        default: return nil
        }
    }
}
