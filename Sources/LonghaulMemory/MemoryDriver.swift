public import LonghaulCore
package import LonghaulStore
import Synchronization

/// The store of all jobs in memory. It runs the same rules as the SQL stores.
///
/// Use it in tests of code that submits or runs jobs:
///
/// ```swift
/// let engine = Engine(
///     store: MemoryStore.open(MemoryDatabase()), queue: StoreQueue(time: SystemTime()),
///     artifacts: MemoryArtifactStore())
/// ```
///
/// It answers without suspending. Calls scan all jobs, so it suits thousands of jobs, not millions.
public enum MemoryStore {
    /// Opens a store on a database. Several stores may share one, as several servers do.
    public static func open(_ database: MemoryDatabase) -> any JobStore {
        openDriver(database)
    }

    /// Opens a store as ``open(_:)`` does, with its type.
    package static func openDriver(_ database: MemoryDatabase) -> Store<MemoryDriver> {
        Store(MemoryDriver(database))
    }
}

/// A ``MemoryDatabase``, as one process uses it.
package final class MemoryDriver: StoreDriver {
    private struct State {
        var observer: (@Sendable (ChangeBatch) -> Void)?
        var limits = StoreLimits()
        var isClosed = false
    }

    let database: MemoryDatabase
    /// Every poll and heartbeat is stored at once.
    private let workers = WorkerRegistry { _ in 0 }
    private let outages = Outages()
    private let state = Mutex(State())

    init(_ database: MemoryDatabase) {
        self.database = database
    }

    package func observe(_ observer: @escaping @Sendable (ChangeBatch) -> Void) {
        state.withLock { $0.observer = observer }
    }

    package func configure(_ limits: StoreLimits) {
        state.withLock { $0.limits = limits }
    }

    package var outageTotals: OutageTotals { outages.totals }

    /// Closes the store. The database stays.
    package func close() async {
        state.withLock { $0.isClosed = true }
    }

    package func write<Value: Sendable>(
        _ plan: WritePlan, _ body: @escaping @Sendable (any StoreTransaction) throws -> Value
    ) async throws -> Value {
        try transact { try body($0) }
    }

    package func read<Value: Sendable>(
        _ body: @escaping @Sendable (any StoreReader) throws -> Value
    ) async throws -> Value {
        let (now, steadySeconds) = (database.time.now(), database.time.steadySeconds())
        let clock = outages.clock(at: now, steadySeconds: steadySeconds)
        return try body(MemoryReader(tables: try tables(), clock: clock))
    }

    /// Runs `body` in a transaction of its own, and undoes its changes if it throws. An error that is not a
    /// `LonghaulError` is one of the database: it rolls the whole transaction back.
    package func transact<Value: Sendable>(_ body: (MemoryTransaction) throws -> Value) throws -> Value {
        try checkOpen()
        let (now, steadySeconds) = (database.time.now(), database.time.steadySeconds())
        let (observer, limits) = state.withLock { ($0.observer, $0.limits) }
        let start = outages.begin(
            at: now, steadySeconds: steadySeconds, outageSeconds: limits.outageSeconds)
        let resumedAt = start.clock.resumedAt
        let answer = try database.write(
            limits: limits, workers: workers, resumedAt: resumedAt, observer: observer
        ) {
            transaction -> Result<Value, LonghaulError> in
            if start.mayHaveSteppedBack { transaction.shortenLeases() }
            do {
                return .success(try transaction.runEntry { try body(transaction) })
            } catch let error as LonghaulError {
                return .failure(error)
            }
        }
        outages.succeed(start, changedData: true)
        return try answer.get()
    }

    /// Runs `body` in a transaction that is rolled back.
    package func rehearse<Value>(_ body: (any StoreTransaction) throws -> Value) throws -> Value {
        try body(database.begin(on: try tables(), limits: state.withLock(\.limits), workers: workers))
    }

    private func tables() throws(LonghaulError) -> Tables {
        try checkOpen()
        return database.read()
    }

    private func checkOpen() throws(LonghaulError) {
        if state.withLock(\.isClosed) { throw LonghaulError(.unavailable, "the store is closed") }
    }
}
