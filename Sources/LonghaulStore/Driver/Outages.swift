package import LonghaulCore
import Synchronization

/// The outages of this server, which its writer and its readers share; see ``OutageMonitor``.
///
/// Each server detects its own outages. A server without an outage ends leases at their time, while one that was
/// stopped grants one more lease length. Where several servers share a database, the lock of the row decides which one
/// ends a lease.
package final class Outages: Sendable {
    private let monitor = Mutex(OutageMonitor())

    package init() {}

    /// Starts a transaction.
    ///
    /// - Parameters:
    ///   - now: the clock of leases.
    ///   - steadySeconds: a clock that does not step.
    package func begin(at now: Timestamp, steadySeconds: Double, outageSeconds: Double?)
        -> OutageMonitor.Start
    {
        monitor.withLock { monitor in
            monitor.outageSeconds = outageSeconds
            return monitor.begin(at: now, steadySeconds: steadySeconds)
        }
    }

    /// Records a commit.
    ///
    /// - Parameter changedData: whether it changed a row. A read-only transaction does not show that the database
    ///   accepts writes.
    package func succeed(_ start: OutageMonitor.Start, changedData: Bool) {
        monitor.withLock { $0.succeed(start, changedData: changedData) }
    }

    /// Records that the database rejected the changes of a transaction.
    package func fail() {
        monitor.withLock { $0.fail() }
    }

    /// Whether the database rejected a transaction and has accepted no change since.
    package var isFailing: Bool { monitor.withLock { $0.isFailing } }

    /// The clock of leases for reads.
    package func clock(at now: Timestamp, steadySeconds: Double) -> LeaseClock {
        monitor.withLock { $0.clock(at: now, steadySeconds: steadySeconds) }
    }

    /// The outages since the store was opened.
    package var totals: OutageTotals { monitor.withLock { $0.totals } }
}
