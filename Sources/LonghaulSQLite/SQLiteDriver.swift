public import LonghaulCore
package import LonghaulStore
import Synchronization

/// The store of all jobs in an SQLite database that one process uses.
///
/// ```swift
/// let store = try SQLiteStore.open(path: "data/longhaul.db")
/// ```
public enum SQLiteStore {
    /// Opens the store of this file. A new file is created, with its folder.
    ///
    /// - Throws: ``LonghaulError`` with code `unavailable` if the file is in use, is not a Longhaul store, was
    ///   made by a newer version, or cannot be opened.
    public static func open(
        path: String, options: SQLiteStoreOptions = .init(), time: any TimeSource = SystemTime(),
        random: any RandomSource = SystemRandom()
    ) throws(LonghaulError) -> any JobStore {
        try openDriver(path: path, options: options, time: time, random: random)
    }

    /// Opens the store as ``open(path:options:time:random:)`` does, with its type.
    package static func openDriver(
        path: String, options: SQLiteStoreOptions = .init(), time: any TimeSource = SystemTime(),
        random: any RandomSource = SystemRandom()
    ) throws(LonghaulError) -> Store<SQLiteDriver> {
        do {
            return Store(try SQLiteDriver(path: path, options: options, time: time, random: random))
        } catch {
            throw LonghaulError(error)
        }
    }
}

/// An SQLite database.
///
/// One thread writes, and commits the changes of all callers that wait together (group commit); a few threads read. No
/// call holds a thread of Swift's cooperative pool. A second driver on the same file is refused, in this process or
/// another.
package final class SQLiteDriver: StoreDriver {
    let writer: Writer
    let readers: CallPool<JobLoader>
    /// The files of the store that other users may still use, because their modes could not be changed.
    package let openPaths: [String]

    /// Opens the database of this file.
    fileprivate init(
        path: String, options: SQLiteStoreOptions, time: any TimeSource, random: any RandomSource
    ) throws {
        if !options.createsStore { try StoreFile.expectStore(path) }
        try StoreFile.prepare(path)
        let lock = try StoreLock(databasePath: path)
        // Another process may have changed the file before.
        try StoreFile.prepare(path)
        try StoreFile.makePrivate(path)
        openPaths = StoreFile.openPaths(of: path)
        let opening = StoreOpening(path: path, options: options)
        let writer = try Writer(
            connection: try opening.writer(), lock: lock,
            log: LogBound(maxBytes: options.maxLogBytes),
            checkpointer: Checkpointer(try opening.checkpointer()), retention: options.retention,
            time: time, random: random)
        self.writer = writer
        readers = try CallPool("store readers", threads: options.readers) {
            ReadingConnection(connection: try opening.reader(), server: writer.server)
        }
        try writer.start()
    }

    deinit {
        readers.stop()
        writer.stop()
    }

    package func observe(_ observer: @escaping @Sendable (ChangeBatch) -> Void) {
        writer.observer.withLock { $0 = Writer.Observer(observe: observer) }
    }

    package func configure(_ limits: StoreLimits) {
        writer.limits.withLock { $0 = limits }
    }

    package var outageTotals: OutageTotals { writer.server.leases.outages.totals }

    package func close() async {
        readers.stop()
        // The writer closes last: the last connection to close copies the WAL into the file, under its lock.
        await readers.waitUntilStopped()
        writer.stop()
        await writer.waitUntilStopped()
    }

    package func write<Value: Sendable>(
        _ plan: WritePlan, _ body: @escaping @Sendable (any StoreTransaction) throws -> Value
    ) async throws -> Value {
        let groups = StagedPayloads.groups(of: plan.call)
        guard !groups.isEmpty else { return try await transact(plan) { try body($0) } }
        let result: Result<Value, any Error>
        do {
            for group in groups {
                try await transact(WritePlan(weight: group.count)) {
                    try $0.payloads.stage(group, in: $0.connection)
                }
            }
            result = .success(try await transact(plan) { try body($0) })
        } catch {
            result = .failure(error)
        }
        await release(groups.flatMap(\.self))
        return try result.get()
    }

    /// Ends the staging of payloads for a call. Payloads that cannot be deleted now are deleted with those of a later call,
    /// or when the store is opened again.
    private func release(_ submissions: [Submission]) async {
        var isDone = false
        while !isDone {
            let deleted = try? await transact(WritePlan()) {
                try $0.payloads.release(submissions, in: $0.connection)
            }
            isDone = deleted ?? 0 == 0
        }
    }

    /// Runs `body` on the writer's thread, in a transaction that it shares with other calls, and returns after the commit.
    func transact<Value: Sendable>(
        _ plan: WritePlan, _ body: @escaping @Sendable (Transaction) throws -> Value
    ) async throws -> Value {
        try await writer.inbox.call(weight: plan.weight, body)
    }

    package func read<Value: Sendable>(
        _ body: @escaping @Sendable (any StoreReader) throws -> Value
    ) async throws -> Value {
        try await read { (loader: JobLoader) in try body(loader) }
    }

    /// Runs `body` on the thread of a reader.
    func read<Value: Sendable>(
        _ body: @escaping @Sendable (JobLoader) throws -> Value
    ) async throws -> Value {
        try await readers.inbox.call(body)
    }
}
