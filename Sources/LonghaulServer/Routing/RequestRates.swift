import Synchronization

/// A token bucket for each client address. It holds the requests of two seconds.
final class RequestRates: Sendable {
    private struct Bucket {
        var tokens: Double
        var counted: ContinuousClock.Instant
    }

    /// Beyond this number, addresses without a request in the last two seconds are forgotten.
    private static let maxAddresses = 10_000

    private let buckets = Mutex<[String: Bucket]>([:])
    let perSecond: Int

    init(perSecond: Int) {
        self.perSecond = perSecond
    }

    /// Takes a token. Returns nil, or the seconds until there is one.
    func secondsToWait(_ address: String, now: ContinuousClock.Instant = .now) -> Double? {
        let rate = Double(perSecond)
        return buckets.withLock { buckets in
            if buckets.count >= Self.maxAddresses, buckets[address] == nil {
                buckets = buckets.filter { now - $0.value.counted < .seconds(2) }
            }
            var bucket = buckets[address] ?? Bucket(tokens: 2 * rate, counted: now)
            bucket.tokens = min(2 * rate, bucket.tokens + (now - bucket.counted) / .seconds(1) * rate)
            bucket.counted = now
            defer { buckets[address] = bucket }
            guard bucket.tokens >= 1 else { return (1 - bucket.tokens) / rate }
            bucket.tokens -= 1
            return nil
        }
    }
}
