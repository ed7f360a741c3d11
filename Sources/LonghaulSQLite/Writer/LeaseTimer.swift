import LonghaulCore
import LonghaulStore
import Synchronization

/// The clock of leases, which never steps.
///
/// It starts at the system's time when the store is opened. From then on it advances by ``TimeSource/steadySeconds()``
/// alone, so that setting the system's clock neither ends a lease nor extends one. Ends of leases in the database are
/// times on it.
final class LeaseTimer: Sendable {
    private struct State {
        /// A moment, and the value of the steady clock at that moment.
        var origin: (moment: Timestamp, steadySeconds: Double)
        var now: Timestamp
    }

    let outages = Outages()
    private let time: any TimeSource
    private let state: Mutex<State>

    init(_ time: any TimeSource) {
        self.time = time
        let now = time.now()
        state = Mutex(State(origin: (now, time.steadySeconds()), now: now))
    }

    /// Advances the clock. A steady clock that goes back counts as stopped.
    private func advance() -> Timestamp {
        let steadySeconds = time.steadySeconds()
        return state.withLock { state in
            let moment = state.origin.moment.adding(seconds: steadySeconds - state.origin.steadySeconds)
            if moment < state.now { state.origin = (state.now, steadySeconds) }
            state.now = max(state.now, moment)
            return state.now
        }
    }

    /// Starts a transaction.
    func begin(outageSeconds: Double?) -> OutageMonitor.Start {
        let now = advance()
        return outages.begin(at: now, steadySeconds: Self.seconds(now), outageSeconds: outageSeconds)
    }

    /// The clock of leases for reads.
    var clock: LeaseClock {
        let now = advance()
        return outages.clock(at: now, steadySeconds: Self.seconds(now))
    }

    private static func seconds(_ moment: Timestamp) -> Double {
        Double(moment.milliseconds) / 1000
    }
}
