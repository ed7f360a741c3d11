import LonghaulCore
import Testing

@Suite struct AgeingRuleTests {
    private func priority(_ own: Int, waited: Double, ageing: Double? = 60) -> Double {
        AgeingRule.effectivePriority(of: own, waitedSeconds: waited, ageingSeconds: ageing)
    }

    @Test func waitingRaisesThePriorityOneLevelAtATime() {
        #expect(priority(3, waited: 0) == 3)
        #expect(priority(3, waited: 60) == 4)
        #expect(priority(3, waited: 90) == 4.5)
        #expect(priority(0, waited: 600) == 10)
    }

    @Test func jobKeepsItsPriorityWithoutAgeingOrBeforeItIsDue() {
        #expect(priority(3, waited: 1e9, ageing: nil) == 3)
        #expect(priority(3, waited: -5) == 3)
    }

    @Test func olderJobRunsFirstWhenItsAgeExceedsTheGap() {
        #expect(priority(4, waited: 160) > priority(5, waited: 99))
        #expect(priority(4, waited: 160) < priority(5, waited: 101))
    }
}
