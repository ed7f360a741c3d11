import LonghaulConcurrency
import Testing

struct ExponentialBackoffTests {
    @Test func pausesGrowToTheMaximum() {
        var backoff = ExponentialBackoff(initialSeconds: 1, maxSeconds: 5, jitter: 0)
        #expect((0..<5).map { _ in backoff.next(random: 0.9) } == [1, 2, 4, 5, 5])
        var steep = ExponentialBackoff(initialSeconds: 1, maxSeconds: 64, factor: 4, jitter: 0)
        #expect((0..<4).map { _ in steep.next() } == [1, 4, 16, 64])
    }

    @Test func theFirstPauseIsNoLongerThanTheMaximum() {
        var backoff = ExponentialBackoff(initialSeconds: 10, maxSeconds: 3, jitter: 0)
        #expect(backoff.next() == 3)
        backoff.reset()
        #expect(backoff.next() == 3)
    }

    @Test func aResetStartsAgain() {
        var backoff = ExponentialBackoff(initialSeconds: 1, maxSeconds: 8, jitter: 0)
        #expect(!backoff.isActive)
        for _ in 0..<4 { _ = backoff.next() }
        #expect(backoff.isActive)
        backoff.reset()
        #expect(!backoff.isActive)
        #expect(backoff.next() == 1)
    }

    @Test(arguments: [0, 0.5, 1]) func jitterKeepsEachPauseInItsBounds(_ jitter: Double) {
        var grown = ExponentialBackoff(initialSeconds: 0.05, maxSeconds: 5, jitter: 0)
        var backoff = ExponentialBackoff(initialSeconds: 0.05, maxSeconds: 5, jitter: jitter)
        for step in 0..<100 {
            let full = grown.next()
            let pause = backoff.next(random: Double(step % 10) / 10)
            #expect(pause <= full)
            #expect(pause >= full * (1 - jitter))
        }
    }

    @Test func theRandomNumberShortensThePauseByItsShareOfTheJitter() {
        var backoff = ExponentialBackoff(initialSeconds: 8, maxSeconds: 64, jitter: 0.5)
        #expect([0, 0.5, 0.75].map { backoff.next(random: $0) } == [8, 12, 20])
    }

    @Test func equalRandomNumbersGiveEqualPauses() {
        let numbers = [0.1, 0.7, 0.3, 0.99, 0]
        func pauses() -> [Double] {
            var backoff = ExponentialBackoff(initialSeconds: 1, maxSeconds: 60, jitter: 1)
            return numbers.map { backoff.next(random: $0) }
        }
        #expect(pauses() == pauses())
        #expect(Set(pauses()).count == numbers.count)
    }
}
