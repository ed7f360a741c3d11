import LonghaulCore
import Testing

@Suite struct TokenBucketTests {
    private let start = Timestamp(milliseconds: 1_800_000_000_000)

    @Test func onlyTheBurstStartsAtOnce() {
        let limit = RateLimit(jobs: 100, periodSeconds: 60, burst: 5)
        var bucket = TokenBucket(full: limit, at: start)
        for left in (0..<5).reversed() {
            #expect(bucket.nextAt(under: limit, at: start) == nil)
            bucket.take(under: limit, at: start)
            #expect(bucket.available(under: limit, at: start) == left)
        }
        #expect(bucket.nextAt(under: limit, at: start) == start.adding(seconds: 0.6))
    }

    @Test func tokensReturnUpToTheBurst() {
        let limit = RateLimit(jobs: 2, periodSeconds: 1, burst: 3)
        let bucket = TokenBucket(tokens: 0, countedAt: start)
        #expect(bucket.available(under: limit, at: start.adding(seconds: 0.499)) == 0)
        #expect(bucket.available(under: limit, at: start.adding(seconds: 0.5)) == 1)
        #expect(bucket.available(under: limit, at: start.adding(seconds: 3600)) == 3)
    }

    @Test func clockSetBackReturnsNoTokens() {
        let limit = RateLimit(jobs: 1, periodSeconds: 1)
        var bucket = TokenBucket(full: limit, at: start)
        bucket.take(under: limit, at: start)
        #expect(bucket.available(under: limit, at: start.adding(seconds: -100)) == 0)
        #expect(bucket.nextAt(under: limit, at: start.adding(seconds: -100)) != nil)
    }

    /// Takes all available tokens at random times. At most the burst and the returned tokens may start.
    @Test func startsNeverExceedTheLimit() {
        let random = SeededRandom(seed: 3)
        for _ in 0..<50 {
            let limit = RateLimit(
                jobs: 1 + Int(random.next() % 50), periodSeconds: Double(1 + random.next() % 90) / 7,
                burst: 1 + Int(random.next() % 20))
            var bucket = TokenBucket(full: limit, at: start)
            var now = start
            var started = 0
            for _ in 0..<500 {
                now = now.adding(seconds: Double(random.next() % 300) / 1000)
                let count = bucket.available(under: limit, at: now)
                for _ in 0..<count { bucket.take(under: limit, at: now) }
                started += count
                let returned = now.seconds(since: start) * Double(limit.jobs) / limit.periodSeconds
                #expect(Double(started) <= Double(limit.burst) + returned + 1e-3)
            }
        }
    }

    /// A token is available exactly at the announced time, and not one millisecond before.
    @Test func announcedTimeOfTheNextTokenIsExact() {
        for (jobs, period) in [(1, 3.0), (7, 60.0), (100, 60.0), (3, 1.0), (999, 1.0)] {
            let limit = RateLimit(jobs: jobs, periodSeconds: period, burst: 1)
            var bucket = TokenBucket(full: limit, at: start)
            var now = start
            for _ in 0..<100 {
                bucket.take(under: limit, at: now)
                guard let next = bucket.nextAt(under: limit, at: now) else { return }
                #expect(bucket.available(under: limit, at: next) == 1)
                if next.milliseconds - now.milliseconds > 1 {
                    let before = Timestamp(milliseconds: next.milliseconds - 1)
                    #expect(bucket.available(under: limit, at: before) == 0)
                }
                now = next
            }
        }
    }
}
