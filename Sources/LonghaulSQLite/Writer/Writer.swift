import LonghaulCore
import LonghaulStore
import LonghaulThreads
import LonghaulWatch
import Synchronization

/// The one thread that writes. It takes all the calls that wait, runs them in one transaction, commits, and
/// only then answers: many callers share the price of making the disk keep their changes.
///
/// Its connection, ledger, log and lock are touched by that thread alone once it has started.
final class Writer: @unchecked Sendable {
    /// The observer of changes. A closure that is stored in the lock by itself is wrapped again each time it is read.
    struct Observer {
        let observe: @Sendable (ChangeBatch) -> Void
    }

    /// How many entries one transaction takes.
    private static let entriesPerTransaction = 2048

    private static let begin = Query("BEGIN")
    private static let commit = Query("COMMIT")
    private static let rollBack = Query("ROLLBACK")

    let inbox: Inbox<any Call<Transaction>>
    private let meter = WorkMeter("store writer")
    let observer = Mutex<Observer?>(nil)
    let limits = Mutex(StoreLimits())
    /// For the writer and for reads.
    let server: JobLoader.Server
    private var leases: LeaseTimer { server.leases }
    private var workers: WorkerRegistry { server.workers }
    private let connection: Connection
    private let queues: QueueStates
    private let time: any TimeSource
    private let random: any RandomSource
    private let retention: Retention
    private var lock: StoreLock?
    private var log: LogBound
    private let checkpointer: Checkpointer
    private var checkpoints = CheckpointSchedule()
    private let finished = Latch()

    /// A writer on this connection.
    ///
    /// - Parameters:
    ///   - lock: the claim to the file; given up when the writer has closed it.
    ///   - log: keeps the write-ahead log in bounds.
    ///   - checkpointer: copies it into the database; stopped with the writer.
    init(
        connection: Connection, lock: StoreLock, log: LogBound, checkpointer: Checkpointer,
        retention: Retention, time: any TimeSource, random: any RandomSource
    ) throws {
        inbox = Inbox(meter: meter)
        self.connection = connection
        self.lock = lock
        self.log = log
        self.checkpointer = checkpointer
        self.time = time
        self.random = random
        self.retention = retention
        queues = try QueueStates(connection)
        server = try JobLoader.Server(connection, time: time)
    }

    /// Starts the thread.
    func start() throws(LonghaulError) {
        let started =
            checkpointer.start()
            && BlockingThread.start("lh-writer", meter: meter) {
                while let calls = self.inbox.take(upTo: Self.entriesPerTransaction, weight: \.weight) {
                    self.run(calls)
                    self.inbox.finish(calls.count)
                }
                // The last connection to close copies the rest of the log.
                self.checkpointer.stop()
                self.connection.close()
                self.lock = nil
                self.finished.open()
            }
        guard started else { throw LonghaulError(.unavailable, "the system has no thread for the store") }
    }

    /// Takes no further calls; the thread ends after those that wait.
    func stop() {
        inbox.close()
    }

    /// Waits until the thread has ended.
    func waitUntilStopped() async {
        await finished.wait()
    }

    private func run(_ calls: [any Call<Transaction>]) {
        do {
            let changes = try commit(calls)
            if !changes.isEmpty { observer.withLock { $0 }?.observe(ChangeBatch(changes)) }
            for call in calls { call.answer() }
            keepLogShort()
        } catch  where calls.count > 1 && Self.isOwn(error) {
            // One of them met a fault that is its own: apart, the others pass.
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

    /// Whether an error is that of a call, and not of the surroundings.
    private static func isOwn(_ error: any Error) -> Bool {
        (error as? DatabaseError).map { !$0.isEnvironmental } ?? (error is CorruptValue)
    }

    private func commit(_ calls: [any Call<Transaction>]) throws -> [JobChange] {
        let limits = limits.withLock { $0 }
        let start = leases.begin(outageSeconds: limits.outageSeconds)
        let transaction = Transaction(
            connection: connection, queues: queues, server: server, limits: limits,
            random: random, retention: retention, now: time.now(), leaseClock: start.clock)
        let changesBefore = connection.allChangedRows
        do {
            // Deferred: calls that only look write nothing, and then there is nothing to sync.
            try connection.run(Self.begin)
            if start.mayHaveSteppedBack { try transaction.shortenLeases() }
            for call in calls { try call.run(in: transaction) }
            try queues.write(to: connection)
            try connection.run(Self.commit)
        } catch {
            if connection.isInTransaction { try connection.run(Self.rollBack) }
            queues.rollBack()
            workers.rollBack()
            if !Self.isOwn(error) { leases.fail() }
            throw error
        }
        leases.succeed(start, changedData: connection.allChangedRows != changesBefore)
        queues.commit()
        workers.commit()
        return transaction.changes
    }
}
