import LonghaulCore
import Synchronization

/// The clock of leases, which never steps, and the outages that it detects.
///
/// It starts at the system's time when the store is opened. From then on it advances by ``TimeSource/steadySeconds()``
/// alone, so that setting the system's clock neither ends a lease nor extends one. Ends of leases in the database are
/// times on it.
final class LeaseTimer: Sendable {
    private struct State {
        /// A moment, and the value of the steady clock at that moment.
        var origin: (moment: Timestamp, steadySeconds: Double)
        var now: Timestamp
        var monitor = OutageMonitor()

        init(now: Timestamp, steadySeconds: Double) {
            origin = (now, steadySeconds)
            self.now = now
        }

        /// Advances the clock. A steady clock that goes back counts as stopped.
        mutating func advance(to steadySeconds: Double) {
            let moment = origin.moment.adding(seconds: steadySeconds - origin.steadySeconds)
            if moment < now { origin = (now, steadySeconds) }
            now = max(now, moment)
        }
    }

    private let time: any TimeSource
    private let state: Mutex<State>

    init(_ time: any TimeSource) {
        self.time = time
        state = Mutex(State(now: time.now(), steadySeconds: time.steadySeconds()))
    }

    /// Starts a transaction.
    func begin(outageSeconds: Double?) -> OutageMonitor.Start {
        let steadySeconds = time.steadySeconds()
        return state.withLock { state in
            state.advance(to: steadySeconds)
            state.monitor.outageSeconds = outageSeconds
            return state.monitor.begin(at: state.now, steadySeconds: Self.seconds(state.now))
        }
    }

    /// Records a commit.
    func succeed(_ start: OutageMonitor.Start, changedData: Bool) {
        state.withLock { $0.monitor.succeed(start, changedData: changedData) }
    }

    /// Records that the database rejected a transaction.
    func fail() {
        state.withLock { $0.monitor.fail() }
    }

    /// Whether the database rejected a transaction and has accepted no change since.
    var isFailing: Bool { state.withLock { $0.monitor.isFailing } }

    /// The clock of leases for reads.
    var clock: LeaseClock {
        let steadySeconds = time.steadySeconds()
        return state.withLock { state in
            state.advance(to: steadySeconds)
            return state.monitor.clock(at: state.now, steadySeconds: Self.seconds(state.now))
        }
    }

    /// The outages since the store was opened.
    var totals: OutageTotals { state.withLock { $0.monitor.totals } }

    private static func seconds(_ moment: Timestamp) -> Double {
        Double(moment.milliseconds) / 1000
    }
}
