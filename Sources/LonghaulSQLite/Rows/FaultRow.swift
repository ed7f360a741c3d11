import LonghaulCore
import LonghaulJSON
import LonghaulStore

/// A row of `faults`.
extension FaultRow {
    static let insert = Query(
        """
        INSERT INTO faults (seq, version, fence, attempt, worker_id, worker_name, started_at, at, type, \
        message, details, retryable) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
        """)

    static let ofJob = Query(
        """
        SELECT version, fence, attempt, worker_id, worker_name, started_at, at, type, message, details, \
        retryable FROM faults WHERE seq = ?1 ORDER BY version
        """)

    /// Reads the current row of `ofJob`.
    init(_ row: Statement) {
        var error = JobError(type: row.text(7), message: row.text(8), retryable: row.int(10) != 0)
        error.details = row.optionalBlob(9).map { JSONText(validated: $0) }
        self.init(
            version: row.int(0), fence: row.int(1), attempt: row.int(2), at: row.time(6), error: error)
        worker = row.optionalText(3).map { WorkerRef(id: $0, name: row.text(4)) }
        startedAt = row.optionalTime(5)
    }

    /// The parameters of `insert`.
    func values(of seq: Int64) -> [ColumnValue] {
        [
            .integer(seq), .int(version), .int(fence), .int(attempt), .text(worker?.id), .text(worker?.name),
            .time(startedAt), .time(at), .text(error.type), .text(error.message), .blob(error.details?.bytes),
            .bool(error.retryable),
        ]
    }
}
