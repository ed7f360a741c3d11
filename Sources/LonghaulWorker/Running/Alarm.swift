import LonghaulConcurrency
import Synchronization

/// The moment at which a loop acts next. Any task may bring it forward.
///
/// The loop forgets its plan, reads what it depends on, plans its next moment, and waits. So it misses no plan that is
/// made while it works.
final class Alarm: Sendable {
    private struct State {
        var plannedAt: ContinuousClock.Instant?
        var wakeUp: Event<Void>?
    }

    let clock: SteadyClock
    private let state = Mutex(State())

    init(_ clock: SteadyClock = SteadyClock()) {
        self.clock = clock
    }

    /// Makes sure that the loop acts at this moment, or before.
    func plan(_ moment: ContinuousClock.Instant) {
        let wakeUp = state.withLock { state -> Event<Void>? in
            if let plannedAt = state.plannedAt, plannedAt <= moment { return nil }
            state.plannedAt = moment
            return state.wakeUp
        }
        wakeUp?.fire()
    }

    /// Forgets the planned moment. The loop calls it before it reads what it depends on.
    func forget() {
        state.withLock { $0 = State() }
    }

    /// Waits until the planned moment, or until the task is cancelled.
    func wait() async {
        while !Task.isCancelled {
            let wakeUp = Event<Void>()
            let moment = state.withLock { state in
                state.wakeUp = wakeUp
                return state.plannedAt
            }
            guard let moment else {
                try? await wakeUp.waitUnlessCancelled()
                continue
            }
            if moment <= clock.now { return }
            await wakeUp.wait(else: ()) { [clock] in try await clock.sleep(until: moment) }
        }
    }
}
