import Synchronization

/// A token bucket for each API key or client address, with a burst of two seconds.
///
/// Beyond ``maxAddresses`` active keys and addresses, the others share one bucket.
final class RequestRates: Sendable {
    private struct Bucket {
        var tokens: Double
        var counted: ContinuousClock.Instant
    }

    private struct State {
        var buckets: [String: Bucket] = [:]
        /// The bucket of the addresses beyond the maximum.
        var shared: Bucket?
        /// When the buckets of inactive addresses were last removed.
        var cleaned: ContinuousClock.Instant?
    }

    /// The maximum number of keys and addresses with an own bucket.
    static let maxAddresses = 10_000
    private static let window = Duration.seconds(2)

    private let state = Mutex(State())
    let perSecond: Int

    init(perSecond: Int) {
        self.perSecond = perSecond
    }

    /// Takes a token. Returns nil on success, else the seconds until the next token.
    func secondsToWait(_ address: String, now: ContinuousClock.Instant = .now) -> Double? {
        state.withLock { state in
            let own = state.buckets[address]
            if own == nil, state.buckets.count >= Self.maxAddresses { Self.clean(&state, now) }
            let isShared = own == nil && state.buckets.count >= Self.maxAddresses
            var bucket =
                (isShared ? state.shared : own) ?? Bucket(tokens: 2 * Double(perSecond), counted: now)
            let seconds = take(from: &bucket, now)
            if isShared { state.shared = bucket } else { state.buckets[address] = bucket }
            return seconds
        }
    }

    private func take(from bucket: inout Bucket, _ now: ContinuousClock.Instant) -> Double? {
        let rate = Double(perSecond)
        bucket.tokens = min(2 * rate, bucket.tokens + (now - bucket.counted) / .seconds(1) * rate)
        bucket.counted = now
        guard bucket.tokens >= 1 else { return (1 - bucket.tokens) / rate }
        bucket.tokens -= 1
        return nil
    }

    /// Removes the full buckets of inactive addresses. It scans all buckets, so it runs at most once per window.
    private static func clean(_ state: inout State, _ now: ContinuousClock.Instant) {
        if let cleaned = state.cleaned, now - cleaned < window { return }
        state.cleaned = now
        state.buckets = state.buckets.filter { now - $0.value.counted < window }
    }
}
