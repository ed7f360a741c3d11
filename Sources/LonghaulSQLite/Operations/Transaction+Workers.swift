import LonghaulCore
import LonghaulStore

/// The table of workers.
extension Transaction {
    private static let replace = WorkerRecord.replacement(into: "workers")
    private static let touch = Query("UPDATE workers SET last_seen_at = ?2 WHERE id = ?1")
    private static let removeOne = Query("DELETE FROM workers WHERE id = ?1")
    private static let removeOld = Query("DELETE FROM workers WHERE last_seen_at < ?1")
    private static let removeBeyond = Query(
        "DELETE FROM workers WHERE id NOT IN (SELECT id FROM workers ORDER BY last_seen_at DESC LIMIT ?1)")

    func upsert(_ worker: WorkerRecord) throws {
        try connection.run(Self.replace, worker.values)
    }

    func updateLastSeen(ofWorker id: String) throws {
        try connection.run(Self.touch, .text(id), .time(now))
    }

    func removeWorker(_ id: String) throws -> Bool {
        try connection.run(Self.removeOne, .text(id))
        return connection.changedRows > 0
    }

    func removeWorkers(before horizon: Timestamp, keeping maximum: Int) throws {
        try connection.run(Self.removeOld, .time(horizon))
        try connection.run(Self.removeBeyond, .int(maximum))
    }
}
