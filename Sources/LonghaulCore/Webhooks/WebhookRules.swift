/// The changes of a delivery. Every store uses them.
extension WebhookDelivery {
    /// How long failed attempts are retried by default, in seconds: three days.
    public static let defaultRetrySeconds = 259_200.0
    /// The pauses between attempts: from a second to eight hours.
    static let backoff = Backoff(
        growth: .exponential, initialSeconds: 1, factor: 5, maxSeconds: 28_800, jitter: 0.2)
    /// The maximum pause that a receiver can ask for with `Retry-After`, in seconds.
    static let maxRetryAfterSeconds = 86_400.0

    /// Whether a server may claim it.
    package func isDue(at now: Timestamp) -> Bool {
        dueAt.map { $0 <= now } ?? false
    }

    /// Claims it for a server. Another server may claim it after `leaseSeconds`.
    package mutating func claim(at now: Timestamp, leaseSeconds: Double) {
        claim += 1
        isClaimed = true
        dueAt = now.adding(seconds: leaseSeconds)
    }

    /// Records an outcome. Returns false, and changes nothing, unless it is the outcome of the latest claim.
    package mutating func record(
        _ outcome: WebhookOutcome, at now: Timestamp, random: any RandomSource
    ) -> Bool {
        guard state == .pending, isClaimed, outcome.claim == claim else { return false }
        isClaimed = false
        attemptCount += 1
        attempts.append(outcome.attempt)
        attempts.removeFirst(max(0, attempts.count - Self.maxAttempts))
        switch outcome.answer {
        case .accepted: end(.delivered, at: now)
        case .gone: end(.failed, at: now)
        case .failed(let retryAfter):
            failures += 1
            let pause = max(
                Self.backoff.delay(afterFailures: failures, random: random),
                min(retryAfter ?? 0, Self.maxRetryAfterSeconds))
            let next = now.adding(seconds: pause)
            if next <= retryUntil { dueAt = next } else { end(.failed, at: now) }
        }
        return true
    }

    private mutating func end(_ state: State, at now: Timestamp) {
        self.state = state
        dueAt = nil
        endedAt = now
    }

    /// Makes it due at once, and retries it for `retrySeconds` again. A delivery that a server is sending does not change.
    package mutating func redeliver(at now: Timestamp, retrySeconds: Double) {
        if isClaimed, let dueAt, dueAt > now { return }
        state = .pending
        isClaimed = false
        failures = 0
        dueAt = now
        endedAt = nil
        retryUntil = now.adding(seconds: retrySeconds)
    }
}
