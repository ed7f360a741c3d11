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

    private static let signals = Query(
        "SELECT \(StoredSignal.columnNames) FROM signals WHERE seq = ?1 ORDER BY number")

    /// All signals of a job, oldest first.
    func signals(of row: JobRow) throws -> [StoredSignal] {
        try connection.all(Self.signals, .integer(row.seq), read: StoredSignal.init)
    }
}
