public import LonghaulCore
import LonghaulStoreRules
import LonghaulThreads
import Synchronization

/// The truth about every job, in an SQLite database of one process.
///
/// One thread writes, and commits the changes of all callers that wait together (group commit); a few
/// threads read. No call holds a thread of Swift's cooperative pool. A second store on the same file is
/// refused, in this process or another.
///
/// ```swift
/// let store = try SQLiteStore(path: "data/longhaul.db")
/// defer { Task { await store.close() } }
/// ```
public final class SQLiteStore: JobStore {
    let writer: Writer
    let readers: CallPool<JobLoader>
    let time: any TimeSource
    /// The files of the store that other users may still use, because their modes could not be changed.
    public let openPaths: [String]

    /// Opens the store of this file, which comes into being with its folder if it is new.
    ///
    /// - Throws: ``LonghaulError`` with code `unavailable` if the file is in use, is not a Longhaul store, was
    ///   made by a newer version, or cannot be opened.
    public init(
        path: String, options: SQLiteStoreOptions = .init(), time: any TimeSource = SystemTime(),
        random: any RandomSource = SystemRandom()
    ) throws(LonghaulError) {
        do {
            _ = try StoreFile.prepare(path)
            let lock = try StoreLock(databasePath: path)
            let isNew = try StoreFile.prepare(path)
            try StoreFile.makePrivate(path)
            openPaths = StoreFile.openPaths(of: path)
            let opening = StoreOpening(path: path, options: options)
            writer = try Writer(
                connection: try opening.writer(isNew: isNew), lock: lock,
                log: LogBound(databasePath: path, maxBytes: options.maxLogBytes),
                checkpointer: Checkpointer(try opening.checkpointer()), retention: options.retention,
                time: time, random: random)
            readers = try CallPool("store readers", threads: options.readers) {
                ReadingConnection(connection: try opening.reader())
            }
            self.time = time
            try writer.start()
        } catch {
            throw LonghaulError(error)
        }
    }

    deinit {
        readers.stop()
        writer.stop()
    }

    /// Sets who is told of changes, on the thread that writes; it must not wait for the store.
    public func observe(_ observer: @escaping @Sendable ([JobChange]) -> Void) {
        writer.observer.withLock { $0 = Writer.Observer(tell: observer) }
    }

    /// Sets what holds for all queues together.
    public func configure(_ limits: StoreLimits) {
        writer.limits.withLock { $0 = limits }
    }

    /// Commits an empty transaction. After the database has refused a transaction, commits a trial change: only that
    /// shows that the database accepts changes again.
    public func recordActivity() async throws -> OutageTotals {
        try await write { [leases = writer.leases] transaction in
            if leases.isFailing { try transaction.tryChange() }
        }
        return writer.leases.totals
    }

    /// Throws unless the database answers to a read and to a transaction.
    public func checkReady() async throws {
        _ = try await read { loader in try loader.connection.pragma("user_version") }
        try await write { _ in }
    }

    /// Finishes what is under way and closes the file. Later calls throw `unavailable`.
    public func close() async {
        readers.stop()
        // The writer closes last: the last connection to go folds the WAL into the file, under its lock.
        await readers.waitUntilStopped()
        writer.stop()
        await writer.waitUntilStopped()
    }

    /// Runs `body` on the writer's thread, in a transaction that it shares with others, and returns after the
    /// commit.
    ///
    /// - Parameter weight: how many entries it has.
    func write<Value: Sendable>(
        weight: Int = 1, _ body: @escaping @Sendable (Transaction) throws -> Value
    ) async throws -> Value {
        try await writer.inbox.call(weight: max(1, weight), body)
    }

    /// Runs a body that answers each of `entries` on the writer's thread; if none could be, each answers why.
    func writeEach<Entry: Sendable, Value: Sendable>(
        _ entries: [Entry], weight: Int? = nil,
        _ body: @escaping @Sendable (Transaction, Entry) throws -> Value
    ) async -> [Result<Value, LonghaulError>] {
        do {
            return try await write(weight: weight ?? entries.count) { transaction in
                try transaction.each(entries) { try body(transaction, $0) }
            }
        } catch {
            return entries.map { _ in .failure(LonghaulError(error)) }
        }
    }

    /// Runs `body` on a reader's thread.
    func read<Value: Sendable>(_ body: @escaping @Sendable (JobLoader) throws -> Value) async throws -> Value
    {
        try await readers.inbox.call(body)
    }
}
