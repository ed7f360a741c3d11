import LonghaulCore
import Testing

@testable import LonghaulEngine

struct ClockStepDetectorTests {
    private let start = Timestamp(milliseconds: 1_764_000_000_000)

    /// Whether each reading shows that the clock was set back: seconds of the store's clock and of the steady clock.
    private func findings(_ readings: [(store: Double, steady: Double)]) -> [Bool] {
        var detector = ClockStepDetector()
        return readings.map {
            detector.isSetBack(to: start.adding(seconds: $0.store), steadySeconds: $0.steady)
        }
    }

    @Test func clockThatIsSetBackIsDetectedOnce() {
        #expect(
            findings([(0, 0), (10, 10), (-50, 20), (-40, 30), (-41, 39)]) == [true, false, true, false, true])
    }

    @Test func clockThatIsSetAheadOrDriftsIsNotSetBack() {
        #expect(findings([(0, 0), (500, 10), (510, 20.5), (520, 31)]) == [true, false, false, false])
    }

    @Test func afterAResetTheNextReadingCounts() {
        var detector = ClockStepDetector()
        let first = detector.isSetBack(to: start, steadySeconds: 0)
        detector.reset()
        let second = detector.isSetBack(to: start.adding(seconds: 1), steadySeconds: 1)
        let third = detector.isSetBack(to: start.adding(seconds: 2), steadySeconds: 2)
        #expect([first, second, third] == [true, true, false])
    }
}
