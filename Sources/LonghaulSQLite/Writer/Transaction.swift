import LonghaulCore
import LonghaulJSON
import LonghaulStore

/// A transaction. Only the writer's thread uses it.
final class Transaction {
    let connection: Connection
    let queues: QueueStates
    let payloads: StagedPayloads
    /// Reads jobs as the transaction sees them.
    let loader: JobLoader
    let limits: StoreLimits
    let random: any RandomSource
    let retention: Retention
    /// The time of the transaction.
    let now: Timestamp
    /// The clock of leases. It does not step; `now` may.
    let leaseClock: LeaseClock
    /// The changes to publish after the commit.
    private(set) var changes: [JobChange] = []

    init(
        connection: Connection, queues: QueueStates, payloads: StagedPayloads, server: JobLoader.Server,
        limits: StoreLimits,
        random: any RandomSource, retention: Retention, now: Timestamp,
        leaseClock: LeaseClock
    ) {
        self.connection = connection
        self.queues = queues
        self.payloads = payloads
        loader = JobLoader(connection: connection, server: server)
        self.limits = limits
        self.random = random
        self.retention = retention
        self.now = now
        self.leaseClock = leaseClock
    }

    var workers: WorkerRegistry { loader.server.workers }
    /// Whether the database rejected a transaction and has accepted no change since.
    var isFailing: Bool { loader.server.leases.outages.isFailing }

    /// Adds a change to publish after the commit.
    func publish(_ change: JobChange) {
        changes.append(change)
    }

    private static let savepoint = Query("SAVEPOINT entry")
    private static let rollBackToSavepoint = Query("ROLLBACK TO entry")
    private static let releaseSavepoint = Query("RELEASE entry")

    /// Runs a body and undoes its changes if it throws, so that its error does not affect other calls.
    func savepoint<Value>(_ body: () throws -> Value) throws -> Value {
        let counts = queues.savepoint
        let published = changes.count
        try connection.run(Self.savepoint)
        do {
            let value = try body()
            try connection.run(Self.releaseSavepoint)
            return value
        } catch let error as LonghaulError {
            try connection.run(Self.rollBackToSavepoint)
            try connection.run(Self.releaseSavepoint)
            queues.rollBack(to: counts)
            changes.removeSubrange(published...)
            throw error
        }
    }
}
