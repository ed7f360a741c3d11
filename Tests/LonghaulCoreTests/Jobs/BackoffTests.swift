import LonghaulCore
import Testing

/// Back-off delays, and the decision to retry.
struct BackoffTests {
    private let random = SeededRandom(seed: 1)

    private func delays(_ backoff: Backoff, _ failures: [Int]) -> [Double] {
        failures.map { backoff.delay(afterFailures: $0, random: random) }
    }

    @Test func fixedDelayIsConstant() {
        let backoff = Backoff(growth: .fixed, initialSeconds: 7, factor: 3, maxSeconds: 100, jitter: 0)
        #expect(delays(backoff, [1, 2, 50]) == [7, 7, 7])
    }

    @Test func exponentialDelayGrowsUpToItsMaximum() {
        let backoff = Backoff(initialSeconds: 1, factor: 2, maxSeconds: 600, jitter: 0)
        #expect(delays(backoff, [1, 2, 3, 10, 11, 99]) == [1, 2, 4, 512, 600, 600])
        let slow = Backoff(initialSeconds: 5, factor: 1, maxSeconds: 2, jitter: 0)
        #expect(delays(slow, [1, 9]) == [2, 2])
        let steep = Backoff(initialSeconds: 1, factor: 1000, maxSeconds: 60, jitter: 0)
        #expect(delays(steep, [1, 2, 99]) == [1, 60, 60])
        let none = Backoff(initialSeconds: 0, factor: 1000, jitter: 0)
        #expect(delays(none, [1, 99]) == [0, 0])
    }

    @Test func jitterSpreadsEvenlyAroundTheDelay() {
        let backoff = Backoff(growth: .fixed, initialSeconds: 10, maxSeconds: 10, jitter: 0.2)
        let waits = delays(backoff, Array(repeating: 1, count: 2000))
        #expect(waits.allSatisfy { (8...12).contains($0) })
        #expect(waits.contains { $0 < 8.1 } && waits.contains { $0 > 11.9 })
        let mean = waits.reduce(0, +) / Double(waits.count)
        #expect(abs(mean - 10) < 0.2)
    }

    @Test func equalSeedsGiveEqualDelays() {
        let one = Backoff().delay(afterFailures: 3, random: SeededRandom(seed: 5))
        #expect(one == Backoff().delay(afterFailures: 3, random: SeededRandom(seed: 5)))
        #expect(one != Backoff().delay(afterFailures: 3, random: SeededRandom(seed: 6)))
    }

    // MARK: FailureRule

    private func decide(
        attempt: Int, retryable: Bool = true, wish: Double? = nil,
        _ change: (inout JobSpec) -> Void = { _ in }
    ) -> FailureRule.Decision {
        var spec = JobSpec(kind: "a")
        spec.backoff = Backoff(growth: .fixed, initialSeconds: 3, jitter: 0)
        change(&spec)
        let error = JobError(type: "x", message: "y", retryable: retryable)
        return FailureRule.decide(
            spec: spec, attempt: attempt, error: error, retryInSeconds: wish, random: random)
    }

    @Test func fourthFailureIsTheLastByDefault() {
        for attempt in 1...3 { #expect(decide(attempt: attempt) == .retry(afterSeconds: 3)) }
        #expect(decide(attempt: 4) == .deadLetter)
        #expect(decide(attempt: 1) { $0.maxAttempts = 1 } == .deadLetter)
    }

    @Test func requestedRetryDelayOverridesTheBackoffButNotTheLastAttempt() {
        #expect(decide(attempt: 1, wish: 99) == .retry(afterSeconds: 99))
        #expect(decide(attempt: 1, wish: 0) == .retry(afterSeconds: 0))
        #expect(decide(attempt: 4, wish: 99) == .deadLetter)
    }

    @Test func errorThatIsNotRetryableIsNotRetried() {
        #expect(decide(attempt: 1, retryable: false) == .deadLetter)
        #expect(decide(attempt: 1, retryable: false, wish: 1) == .deadLetter)
    }
}
