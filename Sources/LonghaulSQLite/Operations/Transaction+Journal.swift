import LonghaulCore
import LonghaulJSON
import LonghaulStore

/// Journals of durable jobs: operations and signals.
extension Transaction {
    private static let byNumber = Query(
        "SELECT \(JournalOperation.columnNames) FROM operations WHERE seq = ?1 AND number = ?2")
    private static let following = Query(
        """
        SELECT \(JournalOperation.columnNames) FROM operations WHERE seq = ?1 AND number > ?2
        ORDER BY number LIMIT ?3
        """)
    private static let insertOperation = JournalOperation.insertion(into: "operations")
    private static let updateOperation: Query = {
        let list = JournalOperation.changingColumns.enumerated().map {
            "\($0.element.name) = ?\($0.offset + 3)"
        }
        return Query("UPDATE operations SET \(list.joined(separator: ", ")) WHERE seq = ?1 AND number = ?2")
    }()
    private static let updateJournal = Query("UPDATE jobs SET journal = ?2, wake_at = ?3 WHERE seq = ?1")
    private static let removeOperations = Query("DELETE FROM operations WHERE seq = ?1 AND number >= ?2")

    func operation(of row: JobRow, id: String) throws -> JournalOperation? {
        try loader.operation(of: row, id: id)
    }

    func operation(of row: JobRow, number: Int64) throws -> JournalOperation? {
        try connection.first(
            Self.byNumber, .integer(row.seq), .integer(number), read: JournalOperation.init)
    }

    func waitingOperations(of row: JobRow) throws -> [JournalOperation] {
        try loader.waitingOperations(of: row)
    }

    func operations(of row: JobRow, after number: Int64, limit: Int) throws -> [JournalOperation] {
        try connection.all(
            Self.following, .integer(row.seq), .integer(number), .int(limit), read: JournalOperation.init)
    }

    func firstOperations(of row: JobRow) throws -> [JournalOperation] {
        try loader.operations(
            of: row, after: 0, limit: JournalPage.leaseCount, maxBytes: JournalPage.maxBytes)
    }

    func insert(_ operation: JournalOperation, of row: JobRow) throws {
        try connection.run(Self.insertOperation, [.integer(row.seq)] + operation.values)
    }

    func update(_ operation: JournalOperation, of row: JobRow) throws {
        let values = JournalOperation.changingColumns.map { $0.write(operation) }
        try connection.run(
            Self.updateOperation, [.integer(row.seq), .integer(operation.number)] + values)
    }

    func updateJournal(of row: JobRow) throws {
        try connection.run(
            Self.updateJournal, .integer(row.seq), JobColumn.journal.write(row), JobColumn.wakeAt.write(row))
    }

    func removeOperations(of row: JobRow, from number: Int64) throws {
        try connection.run(Self.removeOperations, .integer(row.seq), .integer(number))
    }

    // MARK: Signals

    private static let byKey = Query(
        """
        SELECT \(StoredSignal.columnNames) FROM signals INDEXED BY signals_key
        WHERE key IS NOT NULL AND seq = ?1 AND key = ?2
        """)
    private static let keptUsage = Query(
        """
        SELECT count(*), coalesce(sum(length(value)), 0) FROM signals INDEXED BY signals_kept
        WHERE seq = ?1 AND consumed_by IS NULL
        """)
    private static let lastSignal = Query("SELECT max(number) FROM signals WHERE seq = ?1")
    private static let insertSignal = StoredSignal.insertion(into: "signals")
    private static let consumeSignal = Query(
        "UPDATE signals SET consumed_by = ?3 WHERE seq = ?1 AND number = ?2")
    private static let keepSignals = Query(
        "UPDATE signals SET consumed_by = NULL WHERE seq = ?1 AND consumed_by >= ?2")
    private static let removeConsumed = Query(
        "DELETE FROM signals WHERE seq = ?1 AND consumed_by IS NOT NULL")

    func keptSignal(of row: JobRow, name: String) throws -> StoredSignal? {
        try loader.keptSignal(of: row, name: name)
    }

    func signal(of row: JobRow, key: [UInt8]) throws -> StoredSignal? {
        try connection.first(Self.byKey, .integer(row.seq), .blob(key), read: StoredSignal.init)
    }

    func keptSignalUsage(of row: JobRow) throws -> AttachmentUsage {
        try connection.first(Self.keptUsage, .integer(row.seq)) {
            AttachmentUsage(count: $0.int(0), bytes: $0.int64(1))
        } ?? AttachmentUsage()
    }

    func lastSignalNumber(of row: JobRow) throws -> Int64 {
        try connection.first(Self.lastSignal, .integer(row.seq)) { $0.int64(0) } ?? 0
    }

    func insert(_ signal: StoredSignal, of row: JobRow) throws {
        try connection.run(Self.insertSignal, [.integer(row.seq)] + signal.values)
    }

    func consume(_ signal: StoredSignal, by number: Int64, of row: JobRow) throws {
        try connection.run(
            Self.consumeSignal, .integer(row.seq), .integer(signal.number), .integer(number))
    }

    func keepSignals(of row: JobRow, consumedFrom number: Int64) throws {
        try connection.run(Self.keepSignals, .integer(row.seq), .integer(number))
    }

    func removeConsumedSignals(of row: JobRow) throws {
        try connection.run(Self.removeConsumed, .integer(row.seq))
    }

    // MARK: The payload

    private static let setPayload = Query("UPDATE jobs SET payload = ?2 WHERE seq = ?1")
    private static let insertPayload = Query(
        "INSERT OR REPLACE INTO payloads (seq, payload) VALUES (?1, ?2)")
    private static let removePayload = Query("DELETE FROM payloads WHERE seq = ?1")

    func replacePayload(of row: inout JobRow, by payload: JSONText) throws {
        if row.payloadIsApart { try connection.run(Self.removePayload, .integer(row.seq)) }
        row.job.spec.payload = payload
        row.payloadIsApart = payload.bytes.count > JobRow.maxInlinePayload
        if row.payloadIsApart {
            try connection.run(Self.insertPayload, .integer(row.seq), .blob(payload.bytes))
        }
        try connection.run(
            Self.setPayload, .integer(row.seq), row.payloadIsApart ? .null : .blob(payload.bytes))
    }
}
