import LonghaulConcurrency
public import LonghaulCore
package import LonghaulStore
import Synchronization

/// The store of all jobs in a PostgreSQL database that any number of servers share.
///
/// ```swift
/// let store = try await PostgresStore.open(url: "postgres://app@db.example.com/app?sslmode=verify-full")
/// ```
public enum PostgresStore {
    /// Opens the store in a database, and brings its schema up to date.
    ///
    /// - Parameters:
    ///   - url: a connection URI of libpq, with every setting that libpq knows.
    ///   - time: the time source; nil for the database's clock, which all servers share.
    /// - Throws: ``LonghaulError`` with code `unavailable` if the database does not answer, or has the store of
    ///   a newer version.
    public static func open(
        url: String, options: PostgresStoreOptions = .init(), time: (any TimeSource)? = nil,
        random: any RandomSource = SystemRandom()
    ) async throws(LonghaulError) -> any JobStore {
        try await openDriver(url: url, options: options, time: time, random: random)
    }

    /// Opens the store as ``open(url:options:time:random:)`` does, with its type.
    package static func openDriver(
        url: String, options: PostgresStoreOptions = .init(), time: (any TimeSource)? = nil,
        random: any RandomSource = SystemRandom()
    ) async throws(LonghaulError) -> Store<PostgresDriver> {
        do {
            return Store(
                try await BlockingThread.run("lh-store-task") {
                    try PostgresDriver(url: url, options: options, time: time, random: random)
                })
        } catch {
            throw LonghaulError(error)
        }
    }
}

/// A PostgreSQL database.
///
/// One thread of each server writes, and commits the changes of all its callers that wait together; a few threads read;
/// one listens to the other servers. Each has a connection of its own, which is made again after it was lost. No call
/// holds a thread of Swift's cooperative pool.
package final class PostgresDriver: StoreDriver {
    let writer: Writer
    let readers: CallPool<Reader>
    let workers: WorkerRegistry
    let outages: Outages
    private let publisher: ChangePublisher
    private let listener: Listener
    /// This server's number in `longhaul.servers`.
    let serverID: Int64

    /// Opens the store, on a thread that may block.
    fileprivate init(
        url: String, options: PostgresStoreOptions, time: (any TimeSource)?, random: any RandomSource
    ) throws {
        guard PostgresStoreOptions.isSchema(options.schema) else {
            throw LonghaulError(
                .invalidRequest,
                "\(options.schema) is not a valid schema name. Use lower-case letters, digits and _")
        }
        try ConnectionURL.check(url)
        let target = ConnectionTarget(
            url: url, schema: options.schema, preparesStatements: !options.isPooled)
        let connection = try Connection(target.forWriting)
        try Migrator.migrate(connection, schema: options.schema)
        let key = try NotificationKey(connection)
        serverID = ServerID.make(counts: options.isCounting, random)
        let publisher = ChangePublisher()
        let remoteChanges = RemoteChanges()
        let workers = WorkerRegistry(tolerance: \.savingSeconds)
        self.workers = workers
        let outages = Outages()
        self.outages = outages
        let context = WriterContext(
            cache: WriterCache(laneSeconds: options.laneSeconds), workers: workers, random: random,
            retention: options.retention, clock: time,
            serverID: serverID, notificationKey: key, outages: outages,
            aside: Session(target))
        writer = Writer(
            [Session(target.forWriting, connection: connection)]
                + (1..<WriterState<PendingCommit>.sessionCount).map { _ in Session(target.forWriting) },
            context, publisher: publisher, remoteChanges: remoteChanges, isPolling: options.isPooled)
        readers = try CallPool("store readers", threads: options.readers) {
            ReadingSession(
                session: Session(target), clock: time, outages: outages, workers: workers)
        }
        self.publisher = publisher
        listener = try Listener(
            target, serverID: serverID, key: key, remoteChanges: remoteChanges, publisher: publisher,
            isListening: !options.isPooled)
        try listener.start()
        try writer.start()
    }

    deinit {
        listener.stop()
        readers.stop()
        writer.stop()
    }

    package func observe(_ observer: @escaping @Sendable (ChangeBatch) -> Void) {
        publisher.observe(observer)
    }

    package func observeSettings(_ observer: @escaping @Sendable () -> Void) {
        publisher.observeSettings(observer)
    }

    package func observeMissedWork(_ observer: @escaping @Sendable (MissedWork) -> Void) {
        publisher.observeMissedWork(observer)
    }

    package func configure(_ limits: StoreLimits) { writer.configure(limits) }

    package var rejectedNotifications: Int? {
        listener.isListening ? listener.rejected.load(ordering: .relaxed) : nil
    }

    package var outageTotals: OutageTotals { outages.totals }

    package func close() async {
        listener.stop()
        await listener.waitUntilStopped()
        readers.stop()
        await readers.waitUntilStopped()
        writer.stop()
        await writer.waitUntilStopped()
    }

    /// The pause before the next maintenance if other transactions have locked jobs that are due, in seconds.
    private static let lockedSeconds = 0.5

    package func completed(_ maintenance: Maintenance) async throws -> Maintenance {
        var maintenance = maintenance
        guard let floor = maintenance.nextAt, !maintenance.hasMore || maintenance.locked > 0 else {
            return maintenance
        }
        let (nextAt, now) = try await read { reader in
            (try Transaction.nextMoment(reader.connection, from: floor), try reader.now())
        }
        guard maintenance.locked > 0, let nextAt else {
            maintenance.setNext(nextAt, at: now)
            return maintenance
        }
        // A round that starts at once would find the jobs locked again.
        maintenance.setNext(max(nextAt, now.adding(seconds: Self.lockedSeconds)), at: now)
        return maintenance
    }

    package func write<Value: Sendable>(
        _ plan: WritePlan, _ body: @escaping @Sendable (any StoreTransaction) throws -> Value
    ) async throws -> Value {
        try await transact(plan) { try body($0) }
    }

    /// Runs `body` on the writer's thread, in a transaction that it may share with other calls, and returns after the
    /// commit.
    func transact<Value: Sendable>(
        _ plan: WritePlan, _ body: @escaping @Sendable (Transaction) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let call = TypedCall<Transaction, Value>(weight: plan.weight, continuation, body)
            guard writer.inbox.put(WriteCall(call: call, plan: plan)) else {
                return call.fail(LonghaulError(.unavailable, "the store is closed"))
            }
        }
    }

    package func read<Value: Sendable>(
        _ body: @escaping @Sendable (any StoreReader) throws -> Value
    ) async throws -> Value {
        try await read { (reader: Reader) in try body(reader) }
    }

    /// Runs `body` on the thread of a reader.
    func read<Value: Sendable>(_ body: @escaping @Sendable (Reader) throws -> Value) async throws -> Value {
        try await readers.inbox.call(body)
    }
}
