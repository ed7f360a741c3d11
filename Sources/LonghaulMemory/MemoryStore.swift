public import LonghaulCore
import Synchronization

/// A job store in memory, for tests and simulations only: one process's view of a ``MemoryDatabase``.
///
/// It is the plainest thing that keeps the port's rules, and answers without waiting. Faults are put around it
/// from outside, by a store that wraps it.
public final class MemoryStore: JobStore {
    private struct State {
        var observer: (@Sendable ([JobChange]) -> Void)?
        var limits = StoreLimits()
        var isClosed = false
    }

    let database: MemoryDatabase
    private let state = Mutex(State())

    /// A store on this database.
    public init(_ database: MemoryDatabase) {
        self.database = database
    }

    /// Sets who is told of the changes that are made through this store.
    public func observe(_ observer: @escaping @Sendable ([JobChange]) -> Void) {
        state.withLock { $0.observer = observer }
    }

    /// What holds for all queues together.
    var limits: StoreLimits { state.withLock(\.limits) }

    /// Sets what holds for all queues together, for the calls through this store.
    public func configure(_ limits: StoreLimits) {
        state.withLock { $0.limits = limits }
    }

    /// Throws if it was closed.
    public func checkReady() async throws {
        try checkOpen()
    }

    /// Closes it. The database stays.
    public func close() async {
        state.withLock { $0.isClosed = true }
    }

    private func checkOpen() throws(LonghaulError) {
        if state.withLock(\.isClosed) { throw LonghaulError(.unavailable, "the store is closed") }
    }

    /// Runs `body` in a transaction of its own.
    func write<Value: Sendable>(
        _ body: (Transaction) throws(LonghaulError) -> Value
    ) throws(LonghaulError) -> Value {
        try checkOpen()
        let (observer, limits) = state.withLock { ($0.observer, $0.limits) }
        let answer = database.write(limits: limits, observer: observer) { transaction in
            Result { () throws(LonghaulError) in try body(transaction) }
        }
        return try answer.get()
    }

    /// Runs a body that answers each of `entries` in one transaction.
    func writeEach<Entry, Value: Sendable>(
        _ entries: [Entry], _ body: (Transaction, Entry) throws(LonghaulError) -> Value
    ) -> [Result<Value, LonghaulError>] {
        do throws(LonghaulError) {
            return try write { transaction in
                transaction.each(entries) { entry throws(LonghaulError) in try body(transaction, entry) }
            }
        } catch {
            return entries.map { _ in .failure(error) }
        }
    }

    /// The tables as they stand.
    func read() throws(LonghaulError) -> Tables {
        try checkOpen()
        return database.read()
    }

    /// The row of the job that a token holds.
    func held(by token: LeaseToken) throws(LonghaulError) -> StoredJob {
        guard let row = try read().rows[token.jobID]?.stored, row.isHeld(by: token, at: database.time.now())
        else { throw LonghaulError.leaseLost }
        return row
    }
}
