import Glibc
public import LonghaulCore
import LonghaulStore
import Synchronization

/// What a ``MemoryStore`` works on: the state that outlives a process, as a file does with SQLite.
///
/// For tests and simulations only: nothing of it survives the real process. A simulated crash drops the
/// store, and a new store on the same database finds all that was committed. Several stores may share one.
public final class MemoryDatabase: Sendable {
    let time: any TimeSource
    let random: any RandomSource
    let retention: Retention
    /// Puts a type of a test's own in front of the verbs of each transaction.
    let wrap: @Sendable (MemoryTransaction) -> any MemoryVerbs
    private let tables = Mutex(Tables())
    private let partials = Atomic(0)
    private let deliveries = Mutex(ChangeDeliveries())

    /// An empty database on the given clock and randomness.
    public convenience init(
        time: any TimeSource = SystemTime(), random: any RandomSource = SystemRandom(),
        retention: Retention = Retention()
    ) {
        self.init(time: time, random: random, retention: retention) { $0 }
    }

    /// An empty database whose transactions are wrapped, for tests that change verbs.
    package init(
        time: any TimeSource, random: any RandomSource, retention: Retention = Retention(),
        wrap: @escaping @Sendable (MemoryTransaction) -> any MemoryVerbs
    ) {
        self.time = time
        self.random = random
        self.retention = retention
        self.wrap = wrap
    }

    /// Runs `body` in a transaction of its own, commits it, and then passes the changes to `observer`.
    ///
    /// A body that throws is responsible for undoing its changes; see ``MemoryTransaction/runEntry(_:)``. Observers are called
    /// in the order of the commits, one at a time, under no lock. The call returns after its own changes were passed on.
    func write<Value>(
        limits: StoreLimits, resumedAt: Timestamp, observer: (@Sendable (ChangeBatch) -> Void)?,
        _ body: (any MemoryVerbs) throws -> sending Value
    ) rethrows -> sending Value {
        var ticket: Int?
        defer { if let ticket { deliver(upTo: ticket) } }
        return try tables.withLock { tables in
            let transaction = begin(on: tables, limits: limits, resumedAt: resumedAt)
            defer {
                tables = transaction.tables
                partials.add(transaction.partialWrites, ordering: .relaxed)
                if let observer, !transaction.changes.isEmpty {
                    ticket = deliveries.withLock { $0.add(ChangeBatch(transaction.changes), for: observer) }
                }
            }
            // lock-safe: a transaction is what this lock is for; its body waits for nothing.
            return try body(wrap(transaction))
        }
    }

    /// Passes on changes until those with this ticket were.
    private func deliver(upTo ticket: Int) {
        while true {
            let (delivery, isDone) = deliveries.withLock { ($0.take(), $0.delivered >= ticket) }
            if let delivery {
                delivery.observer(delivery.batch)
                deliveries.withLock { $0.finishOne() }
            } else if isDone {
                return
            } else {
                // Another thread passes them on at this moment.
                sched_yield()
            }
        }
    }

    /// A transaction on these tables.
    ///
    /// - Parameter resumedAt: when the latest outage of the process ended.
    func begin(
        on tables: Tables, limits: StoreLimits, resumedAt: Timestamp = .distantPast
    ) -> MemoryTransaction {
        MemoryTransaction(
            tables, limits: limits, random: random, retention: retention,
            leaseClock: LeaseClock(now: time.now(), resumedAt: resumedAt))
    }

    /// The number of calls that changed the tables before they threw. Their changes were undone, but a SQL store keeps
    /// them. Tests check that there are none.
    package var partialWrites: Int { partials.load(ordering: .relaxed) }

    /// The tables as they stand.
    func read() -> Tables {
        tables.withLock { $0 }
    }

    /// All that is committed, for ``restore(_:)``.
    public var snapshot: MemorySnapshot { MemorySnapshot(tables: read()) }

    /// Puts everything back to a snapshot, as a disk that lied about its last writes would.
    public func restore(_ snapshot: MemorySnapshot) {
        tables.withLock { $0 = snapshot.tables }
    }
}

/// A ``MemoryDatabase`` as it once stood.
public struct MemorySnapshot: Sendable {
    let tables: Tables
}
