import LonghaulCore
import Synchronization

/// The outages of this server, by the database's clock and a clock of this machine that does not step.
///
/// Each server detects its own outages. A server without an outage ends leases at their time, while one that was
/// stopped grants one more lease length. The row lock decides which server ends a lease.
final class Outages: Sendable {
    /// The time source; nil for the database's clock.
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

    /// Records a commit.
    ///
    /// - Parameter changedData: whether it changed a row. A read-only transaction does not show that the database
    ///   accepts writes.
    func succeed(_ start: OutageMonitor.Start, changedData: Bool) {
        monitor.withLock { $0.succeed(start, changedData: changedData) }
    }

    /// Records that the database rejected the changes of a transaction.
    func fail() {
        monitor.withLock { $0.fail() }
    }

    /// The clock of leases for reads.
    func clock(at now: Timestamp) -> LeaseClock {
        let steadySeconds = steadySeconds
        return monitor.withLock { $0.clock(at: now, steadySeconds: steadySeconds) }
    }

    /// The outages since the store was opened.
    var totals: OutageTotals { monitor.withLock { $0.totals } }
}
