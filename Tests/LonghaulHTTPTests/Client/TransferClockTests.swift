import Testing

@testable import LonghaulHTTP

/// The timeouts of a transfer.
struct TransferClockTests {
    private enum Outcome: Equatable { case total, stall, continues }

    private func outcome(
        _ clock: TransferClock, at now: ContinuousClock.Instant, isPaused: Bool = false
    ) -> Outcome {
        switch clock.check(at: now, isPaused: isPaused) {
        case .total: .total
        case .stall: .stall
        case .next: .continues
        }
    }

    @Test func idleTimeCountsFromTheConnectionOn() {
        let start = ContinuousClock.now
        var clock = TransferClock(timeout: .seconds(100), stallTimeout: .seconds(10))
        #expect(outcome(clock, at: start + .seconds(50)) == .continues)
        clock.begin()
        #expect(outcome(clock, at: start + .seconds(9)) == .continues)
        #expect(outcome(clock, at: start + .seconds(90)) == .stall)
        #expect(outcome(clock, at: start + .seconds(200)) == .total)
    }

    @Test func aPauseOfThisSideIsNoIdleTime() {
        let start = ContinuousClock.now
        var clock = TransferClock(timeout: nil, stallTimeout: .seconds(10))
        clock.begin()
        #expect(outcome(clock, at: start + .seconds(900), isPaused: true) == .continues)
        #expect(outcome(clock, at: start + .seconds(900)) == .stall)
    }

    @Test func aTransferWithoutTimeoutsIsNeverChecked() {
        var clock = TransferClock(timeout: nil, stallTimeout: nil)
        clock.begin()
        guard case .next(nil) = clock.check(at: .now + .seconds(1_000_000), isPaused: false) else {
            Issue.record("a check is planned")
            return
        }
    }
}
