import LonghaulCore
import Synchronization

/// The outages of this server, by the database's clock and a clock of this machine that does not step.
///
/// Each server watches for itself: a server that processed heartbeats all the time may end leases at their time, while
/// one that was stopped gives them one more lease length. Which of them ends a lease is decided by the row's lock.
final class Outages: Sendable {
    /// Where the time comes from; nil for the database's own clock.
    private let clock: (any TimeSource)?
    private let monitor = Mutex(OutageMonitor())

    init(_ clock: (any TimeSource)?) {
        self.clock = clock
    }

    private var steadySeconds: Double { clock?.steadySeconds() ?? SystemTime().steadySeconds() }

    /// Starts a transaction.
    func begin(at now: Timestamp, outageSeconds: Double?) -> OutageMonitor.Start {
        let steadySeconds = steadySeconds
        return monitor.withLock { monitor in
            monitor.outageSeconds = outageSeconds
            return monitor.begin(at: now, steadySeconds: steadySeconds)
        }
    }

    /// Notes that a transaction was committed.
    ///
    /// - Parameter changedData: whether it changed a row. One that only read does not show that the database accepts
    ///   writes.
    func succeed(_ start: OutageMonitor.Start, changedData: Bool) {
        monitor.withLock { $0.succeed(start, changedData: changedData) }
    }

    /// Notes that the database could not store the changes of a transaction.
    func fail() {
        monitor.withLock { $0.fail() }
    }

    /// The clock by which a read judges leases.
    func clock(at now: Timestamp) -> LeaseClock {
        let steadySeconds = steadySeconds
        return monitor.withLock { $0.clock(at: now, steadySeconds: steadySeconds) }
    }

    /// The outages since the store was opened.
    var totals: OutageTotals { monitor.withLock { $0.totals } }
}
