import LonghaulCore
import LonghaulJSON

/// What the operations of one transaction work with. It lives on the writer's thread only.
final class Transaction {
    let connection: Connection
    let queues: QueueStates
    private let server: JobLoader.Server
    let limits: StoreLimits
    let random: any RandomSource
    let retention: Retention
    /// The moment at which everything in the transaction happens.
    let now: Timestamp
    /// The clock of leases. It does not step; `now` may.
    let leaseClock: LeaseClock
    /// What is to be published after the commit.
    private(set) var changes: [JobChange] = []

    init(
        connection: Connection, queues: QueueStates, server: JobLoader.Server, limits: StoreLimits,
        random: any RandomSource, retention: Retention, now: Timestamp,
        leaseClock: LeaseClock
    ) {
        self.connection = connection
        self.queues = queues
        self.server = server
        self.limits = limits
        self.random = random
        self.retention = retention
        self.now = now
        self.leaseClock = leaseClock
    }

    /// Reads jobs as the transaction sees them.
    var loader: JobLoader { JobLoader(connection: connection, server: server) }
    var workers: WorkerRegistry { server.workers }
    /// Whether the database has refused a transaction, and accepted no change since.
    var isFailing: Bool { server.leases.isFailing }

    /// Adds what is to be published after the commit.
    func publish(_ change: JobChange) {
        changes.append(change)
    }

    private static let savepoint = Query("SAVEPOINT entry")
    private static let rollBackToSavepoint = Query("ROLLBACK TO entry")
    private static let releaseSavepoint = Query("RELEASE entry")

    /// Runs a body whose changes are undone as one if it throws, so that its fault stays its own.
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
