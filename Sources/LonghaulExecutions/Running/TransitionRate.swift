import LonghaulCore
import Synchronization

/// Limits the state transitions of a server in a second: executions beyond it wait.
final class TransitionRate: Sendable {
    private let perSecond: Double
    private let time: any TimeSource
    /// When the transitions so far are paid for, by the steady clock.
    private let paidUntil = Mutex(0.0)

    init(perSecond: Double, time: any TimeSource) {
        self.perSecond = max(perSecond, 0.001)
        self.time = time
    }

    /// Waits until a number of transitions that have happened are paid for. A second's worth of transitions may happen at once.
    func pay(_ count: Int) async throws {
        let now = time.steadySeconds()
        let wait = paidUntil.withLock { until in
            until = max(until, now - 1) + Double(count) / perSecond
            return until - now
        }
        if wait > 0 { try await time.sleep(seconds: wait) }
    }
}
