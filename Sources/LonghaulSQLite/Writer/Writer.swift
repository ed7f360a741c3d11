import LonghaulConcurrency
import LonghaulCore
import LonghaulStore
import Synchronization

/// The thread that writes. It runs all waiting calls in one transaction, commits it, and then answers them, so that
/// many callers share one sync to disk (group commit).
///
/// Once the thread has started, only it uses the connection, the queue states, the staged payloads, the log and the lock.
final class Writer: @unchecked Sendable {
    /// The observer of changes. A closure that is stored in the lock by itself is wrapped again each time it is read.
    struct Observer {
        let observe: @Sendable (ChangeBatch) -> Void
    }

    /// The maximum number of entries of a transaction.
    private static let entriesPerTransaction = 2048

    private static let begin = Query("BEGIN")
    private static let commit = Query("COMMIT")
    private static let rollBack = Query("ROLLBACK")

    let inbox: Inbox<any Call<Transaction>>
    private let meter = WorkMeter("store writer")
    let observer = Mutex<Observer?>(nil)
    let limits = Mutex(StoreLimits())
    /// The state that the writer and the readers share.
    let server: JobLoader.Server
    private var leases: LeaseTimer { server.leases }
    private var workers: WorkerRegistry { server.workers }
    private let connection: Connection
    private let queues: QueueStates
    private let payloads: StagedPayloads
    private let time: any TimeSource
    private let random: any RandomSource
    private let retention: Retention
    private var lock: StoreLock?
    private var log: LogBound
    private let checkpointer: Checkpointer
    private var checkpoints: CheckpointSchedule
    private let finished = Event<Void>()

    /// A writer on this connection.
    ///
    /// - Parameters:
    ///   - lock: the lock of the file, released when the writer has closed it; nil if no other process can open it.
    ///   - log: bounds the write-ahead log.
    ///   - checkpointer: runs checkpoints; stopped with the writer.
    ///   - checkpoints: when they run.
    init(
        connection: Connection, lock: StoreLock?, log: LogBound, checkpointer: Checkpointer,
        checkpoints: CheckpointSchedule = CheckpointSchedule(), retention: Retention,
        time: any TimeSource, random: any RandomSource
    ) throws {
        inbox = Inbox(meter: meter)
        self.connection = connection
        self.lock = lock
        self.log = log
        self.checkpointer = checkpointer
        self.checkpoints = checkpoints
        self.time = time
        self.random = random
        self.retention = retention
        queues = try QueueStates(connection)
        payloads = try StagedPayloads(connection)
        server = try JobLoader.Server(connection, time: time)
    }

    /// Starts the thread.
    func start() throws(LonghaulError) {
        guard checkpointer.start() else { throw Self.noThread }
        let started = BlockingThread.start("lh-writer", meter: meter) {
            while let calls = self.inbox.take(upTo: Self.entriesPerTransaction, weight: \.weight) {
                self.run(calls)
                self.inbox.finish(calls.count)
            }
            self.close()
            self.finished.fire()
        }
        guard started else {
            checkpointer.stop()
            throw Self.noThread
        }
    }

    private static let noThread = LonghaulError(.unavailable, "the system has no thread for the store")

    /// Accepts no further calls. The thread ends after the waiting calls.
    func stop() {
        inbox.close()
    }

    /// Waits until the thread has ended.
    func waitUntilStopped() async {
        await finished.wait()
    }

    /// Closes the database.
    func close() {
        // The last connection to close copies the rest of the log.
        checkpointer.stop()
        connection.close()
        lock = nil
    }

    /// Runs calls in one transaction, commits it and answers them.
    func run(_ calls: [any Call<Transaction>]) {
        do {
            let changes = try commit(calls)
            if !changes.isEmpty { observer.withLock { $0 }?.observe(ChangeBatch(changes)) }
            for call in calls { call.answer() }
            keepLogShort()
        } catch  where calls.count > 1 && Self.isOwn(error) {
            // One call caused the error. Run separately, the others succeed.
            for call in calls { run([call]) }
        } catch {
            for call in calls { call.fail(LonghaulError(error)) }
        }
    }

    private func keepLogShort() {
        switch checkpoints.step(logPages: connection.logPages, isBesideIdle: checkpointer.isIdle) {
        case .startBeside: checkpointer.run()
        case .run: Checkpointer.run(on: connection)
        case nil: log.enforce(connection, at: time.now())
        }
    }

    /// Whether a call caused the error, not the environment.
    private static func isOwn(_ error: any Error) -> Bool {
        (error as? DatabaseError).map { !$0.isEnvironmental } ?? (error is CorruptValue)
    }

    private func commit(_ calls: [any Call<Transaction>]) throws -> [JobChange] {
        let limits = limits.withLock { $0 }
        let start = leases.begin(outageSeconds: limits.outageSeconds)
        let transaction = Transaction(
            connection: connection, queues: queues, payloads: payloads, server: server, limits: limits,
            random: random, retention: retention, now: time.now(), leaseClock: start.clock)
        let changesBefore = connection.allChangedRows
        do {
            // Deferred: a transaction that only reads needs no sync.
            try connection.run(Self.begin)
            if start.mayHaveSteppedBack { try transaction.shortenLeases() }
            for call in calls { try call.run(in: transaction) }
            try queues.write(to: connection)
            try connection.run(Self.commit)
        } catch {
            if connection.isInTransaction { try connection.run(Self.rollBack) }
            queues.rollBack()
            payloads.rollBack()
            workers.rollBack()
            if !Self.isOwn(error) { leases.outages.fail() }
            throw error
        }
        leases.outages.succeed(start, changedData: connection.allChangedRows != changesBefore)
        queues.commit()
        payloads.commit()
        workers.commit()
        return transaction.changes
    }
}
