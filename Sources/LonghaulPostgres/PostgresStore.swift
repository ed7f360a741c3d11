public import LonghaulCore
import LonghaulStoreRules
import LonghaulThreads
import Synchronization

/// The truth about every job, in a PostgreSQL database that any number of servers share.
///
/// One thread of each server writes, and commits the changes of all its callers that wait together; a few
/// threads read; one registers the server and listens to the others. Each has a connection of its own, which comes back by itself
/// after it was lost. No call holds a thread of Swift's cooperative pool.
///
/// ```swift
/// let store = try await PostgresStore.open(url: "postgres://app@db.example.com/app?sslmode=verify-full")
/// ```
public final class PostgresStore: JobStore {
    let writer: Writer
    let readers: CallPool<Reader>
    let workers: WorkerRegistry
    let outages: Outages
    private let teller: Teller
    private let listener: Listener
    /// This server's number in `longhaul.servers`.
    let serverID: Int64

    /// Opens the store in a database, and brings its schema up to date.
    ///
    /// - Parameters:
    ///   - url: a connection URI of libpq's, with every setting that libpq knows.
    ///   - time: where the time comes from; nil for the database's own clock, which all servers share.
    /// - Throws: ``LonghaulError`` with code `unavailable` if the database does not answer, or has the store of
    ///   a newer version.
    public static func open(
        url: String, options: PostgresStoreOptions = .init(), time: (any TimeSource)? = nil,
        random: any RandomSource = SystemRandom()
    ) async throws(LonghaulError) -> PostgresStore {
        do {
            return try await OwnThread.run {
                try PostgresStore(url: url, options: options, time: time, random: random)
            }
        } catch {
            throw LonghaulError(error)
        }
    }

    /// Opens the store, on a thread that may block.
    private init(
        url: String, options: PostgresStoreOptions, time: (any TimeSource)?, random: any RandomSource
    ) throws {
        guard PostgresStoreOptions.isSchema(options.schema) else {
            throw LonghaulError(.invalidRequest, "\(options.schema) is no name for the store's schema")
        }
        try ConnectionURL.check(url)
        let target = ConnectionTarget(
            url: url, schema: options.schema, preparesStatements: !options.isPooled)
        let connection = try Connection(target.forWriting)
        try Migrator.migrate(connection, schema: options.schema)
        let key = try NotificationKey(connection)
        serverID = ServerID.make(counts: options.isCounting, random)
        let teller = Teller()
        let news = News()
        workers = WorkerRegistry()
        let outages = Outages(time)
        self.outages = outages
        let context = WriterContext(
            ledger: Ledger(laneSeconds: options.laneSeconds), workers: workers, random: random,
            retention: options.retention, clock: time,
            serverID: serverID, notificationKey: key, outages: outages,
            aside: Session(target))
        writer = Writer(
            [Session(target.forWriting, connection: connection)]
                + (1..<WriterState<PendingCommit>.sessionCount).map { _ in Session(target.forWriting) },
            context, teller: teller, news: news, isDeaf: options.isPooled)
        readers = try CallPool("store readers", threads: options.readers) {
            ReadingSession(session: Session(target), clock: time, outages: outages)
        }
        self.teller = teller
        listener = try Listener(
            target, serverID: serverID, key: key, news: news, teller: teller, isListening: !options.isPooled)
        try listener.start()
        try writer.start()
    }

    deinit {
        listener.stop()
        readers.stop()
        writer.stop()
    }

    /// Sets who is told of changes, on threads of the store's; it must not wait for the store.
    public func observe(_ observer: @escaping @Sendable ([JobChange]) -> Void) {
        teller.observe(observer)
    }

    /// Sets who is told that another server has, or may have, set something.
    public func observeSettings(_ observer: @escaping @Sendable () -> Void) {
        teller.observeSettings(observer)
    }

    /// Sets what holds for all queues together.
    public func configure(_ limits: StoreLimits) {
        writer.configure(limits)
    }

    /// How many notifications were rejected: made up or sent again by a role that is no server of this store.
    public var rejectedNotifications: Int? {
        listener.isListening ? listener.rejected.load(ordering: .relaxed) : nil
    }

    /// Completes a transaction that changes nothing.
    public func recordActivity() async throws -> OutageTotals {
        try await write { _ in }
        return outages.totals
    }

    /// Throws unless the database answers to a read and to a transaction.
    public func checkReady() async throws {
        _ = try await read { try $0.now() }
        try await write { _ in }
    }

    /// Finishes what is under way and closes the connections. Later calls throw `unavailable`.
    public func close() async {
        listener.stop()
        await listener.waitUntilStopped()
        readers.stop()
        await readers.waitUntilStopped()
        writer.stop()
        await writer.waitUntilStopped()
    }

    /// Runs `body` on the writer's thread, in a transaction that it shares with others, and returns after the
    /// commit.
    ///
    /// - Parameters:
    ///   - weight: how many entries it has.
    ///   - isSeparable: whether it gets a transaction of its own if it is large.
    ///   - needs: what it will look at.
    func write<Value: Sendable>(
        weight: Int = 1, isSeparable: Bool = false, needs: @escaping @Sendable () -> Needs = { Needs() },
        _ body: @escaping @Sendable (Transaction) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let call = TypedCall<Transaction, Value>(weight: max(1, weight), continuation, body)
            guard writer.inbox.put(WriteCall(call: call, needs: needs, isSeparable: isSeparable)) else {
                return call.fail(LonghaulError(.unavailable, "the store is closed"))
            }
        }
    }

    /// Runs a body that answers each of `entries` on the writer's thread; if none could be, each answers why.
    func writeEach<Entry: Sendable, Value: Sendable>(
        _ entries: [Entry], weight: Int? = nil, isSeparable: Bool = false,
        needs: @escaping @Sendable () -> Needs,
        _ body: @escaping @Sendable (Transaction, Entry) throws -> Value
    ) async -> [Result<Value, LonghaulError>] {
        do {
            return try await write(
                weight: weight ?? entries.count, isSeparable: isSeparable, needs: needs
            ) { transaction in
                try transaction.each(entries) { try body(transaction, $0) }
            }
        } catch {
            return entries.map { _ in .failure(LonghaulError(error)) }
        }
    }

    /// Runs `body` on a reader's thread.
    func read<Value: Sendable>(_ body: @escaping @Sendable (Reader) throws -> Value) async throws -> Value {
        try await readers.inbox.call(body)
    }
}
