public import LonghaulCore
import LonghaulStoreRules
import Synchronization

/// A job store in memory: one process's view of a ``MemoryDatabase``. It runs the same rules as the SQL stores.
///
/// Use it in tests of code that submits or runs jobs:
///
/// ```swift
/// let engine = Engine(
///     store: MemoryStore(MemoryDatabase()), queue: StoreQueue(time: SystemTime()),
///     artifacts: MemoryArtifactStore())
/// ```
///
/// It answers without suspending. Calls scan all jobs, so it suits thousands of jobs, not millions.
public final class MemoryStore: JobStore {
    private struct State {
        var observer: (@Sendable ([JobChange]) -> Void)?
        var limits = StoreLimits()
        var monitor = OutageMonitor()
        var isClosed = false
    }

    let database: MemoryDatabase
    private let state = Mutex(State())

    /// A store on this database.
    public init(_ database: MemoryDatabase) {
        self.database = database
    }

    /// Sets the observer of the changes made through this store.
    public func observe(_ observer: @escaping @Sendable ([JobChange]) -> Void) {
        state.withLock { $0.observer = observer }
    }

    /// Sets the limits of all queues together, for calls through this store.
    public func configure(_ limits: StoreLimits) {
        state.withLock {
            $0.limits = limits
            $0.monitor.outageSeconds = limits.outageSeconds
        }
    }

    /// Completes a transaction that changes nothing.
    public func recordActivity() async throws -> OutageTotals {
        try write { _ in }
        return state.withLock { $0.monitor.totals }
    }

    /// Throws if the store is closed.
    public func checkReady() async throws {
        try checkOpen()
    }

    /// Closes the store. The database stays.
    public func close() async {
        state.withLock { $0.isClosed = true }
    }

    private func checkOpen() throws(LonghaulError) {
        if state.withLock(\.isClosed) { throw LonghaulError(.unavailable, "the store is closed") }
    }

    /// Runs `body` in a transaction of its own, and undoes its changes if it throws.
    package func write<Value: Sendable>(_ body: (any MemoryVerbs) throws -> Value) throws -> Value {
        try checkOpen()
        let (now, steadySeconds) = (database.time.now(), database.time.steadySeconds())
        let (observer, limits, start) = state.withLock { state in
            (state.observer, state.limits, state.monitor.begin(at: now, steadySeconds: steadySeconds))
        }
        let resumedAt = start.clock.resumedAt
        let answer = database.write(limits: limits, resumedAt: resumedAt, observer: observer) { transaction in
            Result {
                if start.mayHaveSteppedBack { try transaction.shortenLeases() }
                return try transaction.base.call { try body(transaction) }
            }
        }
        state.withLock { $0.monitor.succeed(start) }
        return try answer.get()
    }

    /// Runs `body` in a transaction that is rolled back.
    package func rehearse<Value>(_ body: (any MemoryVerbs) throws -> Value) throws -> Value {
        try body(database.wrap(database.begin(on: try read(), limits: state.withLock(\.limits))))
    }

    /// Runs a body that answers each of `entries` in one transaction.
    func writeEach<Entry, Value: Sendable>(
        _ entries: [Entry], _ body: (any MemoryVerbs, Entry) throws -> Value
    ) -> [Result<Value, LonghaulError>] {
        do {
            return try write { transaction in
                try transaction.each(entries) { entry in
                    try transaction.base.call { try body(transaction, entry) }
                }
            }
        } catch {
            let error = (error as? LonghaulError) ?? LonghaulError(.internal, "\(error)")
            return entries.map { _ in .failure(error) }
        }
    }

    /// The present contents of the database.
    func read() throws(LonghaulError) -> Tables {
        try checkOpen()
        return database.read()
    }

    /// The stored job that a token holds.
    func held(by token: LeaseToken) throws(LonghaulError) -> StoredJob {
        let (now, steadySeconds) = (database.time.now(), database.time.steadySeconds())
        let clock = state.withLock { $0.monitor.clock(at: now, steadySeconds: steadySeconds) }
        guard let stored = try read().rows[token.jobID]?.stored, stored.row.isHeld(by: token, at: clock)
        else { throw LonghaulError.leaseLost }
        return stored
    }
}
