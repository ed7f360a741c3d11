import Testing

@testable import LonghaulWorker

/// When heartbeats are due, without a clock.
@Suite struct HeartbeatTimerTests {
    private let start = ContinuousClock.now

    private func at(_ seconds: Double) -> ContinuousClock.Instant { start + .seconds(seconds) }

    private func attempts(
        since seconds: Double = 0, every interval: Double = 10, hasUnsentProgress: Bool = false
    ) -> HeartbeatTimer.Attempts {
        HeartbeatTimer.Attempts(
            oldestStart: at(seconds), interval: .seconds(interval), hasUnsentProgress: hasUnsentProgress)
    }

    @Test func anIdleWorkerSendsHeartbeatsAtItsInterval() {
        var timer = HeartbeatTimer(startedAt: start, interval: 1.5)
        #expect(timer.nextAt(nil) == at(1.5))
        #expect(timer.begin(nil, at: at(1.4)) == nil)
        #expect(timer.begin(nil, at: at(1.5)) == .plain)
        #expect(timer.begin(nil, at: at(9)) == nil)
        #expect(timer.nextAt(nil) == nil)
        timer.ended(.plain)
        #expect(timer.nextAt(nil) == at(3))
    }

    @Test func anIdleWorkerWithoutAnIntervalSendsNone() {
        var timer = HeartbeatTimer(startedAt: start, interval: nil)
        #expect(timer.nextAt(nil) == nil)
        #expect(timer.begin(nil, at: at(1000)) == nil)
        #expect(timer.nextAt(attempts()) == at(10))
    }

    @Test func leasesAreRenewedOneIntervalAfterTheLastRenewal() {
        var timer = HeartbeatTimer(startedAt: start, interval: nil)
        #expect(timer.begin(attempts(), at: at(9.9)) == nil)
        #expect(timer.begin(attempts(), at: at(10)) == .renewal)
        #expect(timer.nextAt(attempts()) == nil)
        timer.ended(.renewal)
        #expect(timer.nextAt(attempts()) == at(20))
        // A later attempt, after a time without any.
        #expect(timer.nextAt(attempts(since: 100)) == at(110))
        #expect(timer.nextAt(attempts(since: 5, every: 2)) == at(12))
    }

    @Test func unsentProgressIsSentAtOnceAndThenTwiceASecond() {
        var timer = HeartbeatTimer(startedAt: start, interval: nil)
        let reporting = attempts(hasUnsentProgress: true)
        #expect(timer.begin(reporting, at: at(1)) == .renewal)
        timer.ended(.renewal)
        #expect(timer.nextAt(reporting) == at(1.5))
        #expect(timer.begin(reporting, at: at(1.4)) == nil)
        #expect(timer.begin(reporting, at: at(1.5)) == .renewal)
    }

    @Test func aRenewalCountsAsAHeartbeat() {
        var timer = HeartbeatTimer(startedAt: start, interval: 15)
        #expect(timer.begin(attempts(), at: at(10)) == .renewal)
        timer.ended(.renewal)
        #expect(timer.nextAt(nil) == at(25))
    }

    @Test func aHangingRenewalDoesNotDelayOtherHeartbeats() {
        var timer = HeartbeatTimer(startedAt: start, interval: 1.5)
        #expect(timer.begin(attempts(every: 1), at: at(1)) == .renewal)
        #expect(timer.nextAt(attempts(every: 1)) == at(2.5))
        #expect(timer.begin(attempts(every: 1), at: at(2.5)) == .plain)
        #expect(timer.begin(attempts(every: 1), at: at(60)) == nil)
        timer.ended(.renewal)
        #expect(timer.begin(attempts(every: 1), at: at(60)) == .renewal)
    }
}
