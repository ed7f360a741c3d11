public import LonghaulCore
import LonghaulPlatform
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
    private let tables = Mutex(Tables())
    private let partials = Atomic(0)
    private let deliveries = Mutex(ChangeDeliveries())

    /// An empty database on the given clock and randomness.
    public init(
        time: any TimeSource = SystemTime(), random: any RandomSource = SystemRandom(),
        retention: Retention = Retention()
    ) {
        self.time = time
        self.random = random
        self.retention = retention
    }

    /// Runs `body` in a transaction of its own, commits it, and then passes the changes to `observer`.
    ///
    /// If the body throws, nothing is committed. Observers are called in the order of the commits, one at a time, under no
    /// lock. The call returns after its own changes were passed on.
    func write<Value>(
        limits: StoreLimits, workers: WorkerRegistry, resumedAt: Timestamp,
        observer: (@Sendable (ChangeBatch) -> Void)?,
        _ body: (MemoryTransaction) throws -> sending Value
    ) rethrows -> sending Value {
        var ticket: Int?
        defer { if let ticket { deliver(upTo: ticket) } }
        return try tables.withLock { tables in
            let transaction = begin(
                on: tables, limits: limits, workers: workers, resumedAt: resumedAt)
            defer { partials.add(transaction.partialWrites, ordering: .relaxed) }
            // lock-safe: a transaction is what this lock is for; its body waits for nothing.
            let value = try body(transaction)
            tables = transaction.tables
            if let observer, !transaction.changes.isEmpty {
                ticket = deliveries.withLock { $0.add(ChangeBatch(transaction.changes), for: observer) }
            }
            return value
        }
    }

    /// Passes on changes until those with this ticket were.
    private func deliver(upTo ticket: Int) {
        while true {
            let (delivery, isDone) = deliveries.withLock { ($0.next(), $0.delivered >= ticket) }
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
        on tables: Tables, limits: StoreLimits, workers: WorkerRegistry,
        resumedAt: Timestamp = .distantPast
    ) -> MemoryTransaction {
        MemoryTransaction(
            tables, limits: limits, workers: workers, random: random, retention: retention,
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
