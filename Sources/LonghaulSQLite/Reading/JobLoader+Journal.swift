import LonghaulCore
import LonghaulStore

/// The journal of a durable job.
extension JobLoader {
    private static let byID = Query(
        "SELECT \(JournalOperation.columnNames) FROM operations WHERE seq = ?1 AND operation_id = ?2")
    private static let following = Query(
        """
        SELECT \(JournalOperation.columnNames) FROM operations WHERE seq = ?1 AND number > ?2
        ORDER BY number LIMIT ?3
        """)

    func operation(of row: JobRow, id: String) throws -> JournalOperation? {
        try connection.first(Self.byID, .integer(row.seq), .text(id), read: JournalOperation.init)
    }

    func operations(of row: JobRow, after number: Int64, limit: Int, maxBytes: Int64) throws
        -> [JournalOperation]
    {
        var operations: [JournalOperation] = []
        var bytes: Int64 = 0
        try connection.each(Self.following, [.integer(row.seq), .integer(number), .int(limit)]) { found in
            let operation = try JournalOperation(found)
            operations.append(operation)
            bytes += operation.weight
            return bytes < maxBytes
        }
        return operations
    }

    private static let waits = Query(
        """
        SELECT type, count(*) FROM (
            SELECT o.type FROM (
                SELECT seq FROM jobs INDEXED BY jobs_resting
                WHERE state = \(JobState.suspended.code) AND state NOT IN (2, 3) LIMIT ?1) j
            CROSS JOIN operations o INDEXED BY operations_waiting ON o.seq = j.seq AND o.status = 'waiting'
            LIMIT ?1)
        GROUP BY type
        """)

    func waitCounts() throws -> [OperationType: Int] {
        let counts = try connection.all(Self.waits, .int(OperationWait.maxCounted)) { row in
            (row.text(0), row.int(1))
        }
        return counts.reduce(into: [:]) { found, count in
            if let type = OperationType(rawValue: count.0) { found[type] = count.1 }
        }
    }

    private static let signals = Query(
        "SELECT \(StoredSignal.columnNames) FROM signals WHERE seq = ?1 ORDER BY number")

    /// All signals of a job, oldest first.
    func signals(of row: JobRow) throws -> [StoredSignal] {
        try connection.all(Self.signals, .integer(row.seq), read: StoredSignal.init)
    }
}
