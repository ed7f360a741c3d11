import LonghaulCore
import Testing

/// Decisions of the autoscaler.
struct AutoscalerTests {
    /// The decisions for a sequence of demands at a fixed interval.
    private func decisions(
        _ demands: [Int], every seconds: Double = 10, from start: Int = 0, _ policy: Autoscaler.Policy
    ) -> [Int] {
        var scaler = Autoscaler(policy)
        var current = start
        return demands.enumerated().map { step, demand in
            let now = Timestamp(milliseconds: 1_764_000_000_000).adding(seconds: Double(step) * seconds)
            current = scaler.decide(demand: demand, current: current, at: now)
            return current
        }
    }

    @Test func scalesUpAtOnceAndDownAfterTheCoolDown() {
        let policy = Autoscaler.Policy(maxWorkers: 10, cooldownSeconds: 30)
        #expect(decisions([0, 4, 7, 2, 2, 2, 2, 0, 0, 0, 0], policy) == [0, 4, 7, 7, 7, 2, 2, 2, 2, 0, 0])
    }

    @Test func scalesDownToTheHighestDemandOfTheCoolDown() {
        let policy = Autoscaler.Policy(maxWorkers: 10, cooldownSeconds: 30)
        #expect(decisions([8, 1, 5, 1, 1, 1], policy) == [8, 8, 8, 5, 5, 1])
    }

    @Test func respectsItsLimits() {
        let policy = Autoscaler.Policy(minWorkers: 2, maxWorkers: 5, cooldownSeconds: 0)
        #expect(decisions([0, 3, 100, 0], policy) == [2, 3, 5, 2])
        #expect(decisions([0], from: 9, policy) == [2])
    }

    @Test func doesNotScaleDownBeforeTheFirstCoolDownHasPassed() {
        let policy = Autoscaler.Policy(maxWorkers: 10, cooldownSeconds: 30)
        #expect(decisions([1, 1, 1, 1], from: 6, policy) == [6, 6, 6, 1])
    }

    @Test func alternatingLoadDoesNotChangeTheNumberOfWorkers() {
        let policy = Autoscaler.Policy(maxWorkers: 20, cooldownSeconds: 60)
        let demands = (0..<200).map { $0 % 4 == 0 ? 10 : 0 }
        #expect(Set(decisions(demands, policy)) == [10])
    }
}
