import LonghaulCore
import LonghaulStore
import Synchronization

/// The workers last seen by this process, and when they are written.
final class WorkerRegistry: Sendable {
    /// The maximum delay of the stored heartbeat, in seconds.
    private static let tolerance = 5.0

    private static let all = Query("SELECT \(WorkerRecord.columnNames) FROM workers")
    private static let replace = WorkerRecord.replacement(into: "workers")
    private static let forget = Query("DELETE FROM workers WHERE last_seen_at < ?1")
    private static let forgetBeyond = Query(
        "DELETE FROM workers WHERE id NOT IN (SELECT id FROM workers ORDER BY last_seen_at DESC LIMIT ?1)")
    private static let forgetOne = Query("DELETE FROM workers WHERE id = ?1")

    private let activity: Mutex<WorkerActivity>

    /// Reads every worker.
    init(_ connection: Connection) throws {
        let records = try connection.all(Self.all, read: WorkerRecord.init)
        activity = Mutex(WorkerActivity(records) { _ in Self.tolerance })
    }

    /// Every worker.
    var records: [WorkerRecord] {
        activity.withLock { Array($0.records.values) }
    }

    /// Records that a worker polls for jobs.
    func recordPoll(_ request: LeaseRequest, in transaction: Transaction) throws {
        let unsaved = activity.withLock { $0.recordPoll(request, at: transaction.now) }
        if let unsaved { try transaction.connection.run(Self.replace, unsaved.values) }
    }

    /// Records a heartbeat of a worker that has polled before.
    func recordHeartbeat(of id: String, in transaction: Transaction) throws {
        let unsaved = activity.withLock { $0.recordHeartbeat(of: id, at: transaction.now) }
        if let unsaved { try transaction.connection.run(Self.replace, unsaved.values) }
    }

    /// Deletes workers that were last seen more than a day ago.
    func forget(in transaction: Transaction) throws {
        let horizon = transaction.now.adding(seconds: -WorkerActivity.memory)
        let isDue = activity.withLock { $0.forget(before: horizon) }
        guard isDue else { return }
        try transaction.connection.run(Self.forget, .time(horizon))
        try transaction.connection.run(Self.forgetBeyond, .int(WorkerRecord.maxWorkers))
    }

    /// Deletes a worker. Returns whether it was known.
    func forget(_ id: String, in transaction: Transaction) throws -> Bool {
        guard activity.withLock({ $0.forget(id) }) else { return false }
        try transaction.connection.run(Self.forgetOne, .text(id))
        return true
    }

    /// Marks the heartbeats of the transaction as stored.
    func commit() {
        activity.withLock { $0.commit() }
    }

    /// Makes the next heartbeat of each worker of the transaction be stored again.
    func rollBack() {
        activity.withLock { $0.rollBack() }
    }
}
