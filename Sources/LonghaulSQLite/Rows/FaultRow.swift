import LonghaulCore
import LonghaulJSON

/// A row of `faults`: an error that a change brought to a job and, if it ended an attempt, that attempt.
struct FaultRow {
    /// The job's version with the change.
    var version: Int
    /// The lease that ended; 0 if the job was not leased.
    var fence: Int
    var attempt: Int
    var worker: WorkerRef?
    var startedAt: Timestamp?
    var at: Timestamp
    var error: JobError

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

    init(version: Int, fence: Int, attempt: Int, at: Timestamp, error: JobError) {
        self.version = version
        self.fence = fence
        self.attempt = attempt
        self.at = at
        self.error = error
    }

    /// Reads the present row of `ofJob`.
    init(_ row: Statement) {
        var error = JobError(type: row.text(7), message: row.text(8), retryable: row.int(10) != 0)
        error.details = row.optionalBlob(9).map { JSONText(validated: $0) }
        self.init(
            version: row.int(0), fence: row.int(1), attempt: row.int(2), at: row.time(6), error: error)
        worker = row.optionalText(3).map { WorkerRef(id: $0, name: row.text(4)) }
        startedAt = row.optionalTime(5)
    }

    /// The parameters of `insert`.
    func values(of seq: Int64) -> [Value] {
        [
            .integer(seq), .int(version), .int(fence), .int(attempt), .text(worker?.id), .text(worker?.name),
            .time(startedAt), .time(at), .text(error.type), .text(error.message), .blob(error.details?.bytes),
            .bool(error.retryable),
        ]
    }

    /// The attempt that the fault ended; nil if there was none.
    var endedAttempt: Attempt? {
        guard fence > 0, let startedAt else { return nil }
        return Attempt(
            number: attempt, worker: worker?.name ?? "", startedAt: startedAt, finishedAt: at, error: error)
    }
}
