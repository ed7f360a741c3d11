import LonghaulCore
import LonghaulStore

/// The audit log.
extension Transaction {
    private static let insertion: Query = {
        let placeholders = AuditRecord.columns.indices.map { "?\($0 + 1)" }.joined(separator: ", ")
        return Query("INSERT INTO audit (\(AuditRecord.columnNames)) VALUES (\(placeholders))")
    }()
    private static let insertSubjects = Query(
        "INSERT INTO audit_subjects SELECT DISTINCT value, ?1 FROM json_each(?2)")
    private static let oldest = Query(
        "SELECT \(AuditRecord.columnNames) FROM audit ORDER BY number LIMIT ?1")
    private static let removal = Query("DELETE FROM audit WHERE number <= ?1")
    private static let removeSubjects = Query(
        """
        DELETE FROM audit_subjects WHERE (subject, number) IN (
            SELECT s.value, a.number FROM audit a, json_each(a.subjects) s WHERE a.number <= ?1)
        """)
    private static let setPlace = Query("UPDATE audit_chain SET number = ?2, hash = ?3 WHERE place = ?1")

    func append(_ entry: AuditEntry) throws {
        let record = AuditRecord(entry, after: try loader.auditChain().last)
        try connection.run(Self.insertion, record.values)
        try connection.run(
            Self.insertSubjects, .integer(record.number), .text(TextCoding.encode(entry.subjects)))
        try connection.run(Self.setPlace, .text("last"), .integer(record.number), .blob(record.hash))
    }

    func oldestAuditRecords(limit: Int) throws -> [AuditRecord] {
        try connection.all(Self.oldest, .int(limit), read: AuditRecord.init)
    }

    func removeAuditRecords(upTo link: AuditLink) throws {
        try connection.run(Self.removeSubjects, .integer(link.number))
        try connection.run(Self.removal, .integer(link.number))
        try connection.run(Self.setPlace, .text("removed"), .integer(link.number), .blob(link.hash))
    }

    func routing() throws -> RoutingTable { try loader.routing() }
}

/// Reading of the audit log.
extension JobLoader {
    private static let chain = Query("SELECT place, number, hash FROM audit_chain")
    /// The lowest of the newest numbers that match each condition, from the indexes alone.
    private static let newest = Query(
        """
        SELECT min(ifnull((SELECT max(number) FROM audit WHERE number < ?1), 0),
            iif(?2 IS NULL, ?1, ifnull((SELECT max(number) FROM audit WHERE action_name = ?2 AND number < ?1), 0)),
            iif(?3 IS NULL, ?1, ifnull((SELECT max(number) FROM audit WHERE caller = ?3 AND number < ?1), 0)),
            iif(?4 IS NULL, ?1, ifnull((SELECT max(number) FROM audit_subjects WHERE subject = ?4 AND number < ?1), 0)))
        """)
    private static let records = Query(
        """
        SELECT \(AuditRecord.columnNames) FROM audit
        WHERE number BETWEEN ?1 AND ?2 AND (?3 IS NULL OR action_name = ?3) AND (?4 IS NULL OR caller = ?4)
        AND (?5 IS NULL OR EXISTS (SELECT 1 FROM audit_subjects s WHERE s.subject = ?5 AND s.number = audit.number))
        AND (?6 IS NULL OR recorded_at >= ?6) AND (?7 IS NULL OR recorded_at < ?7)
        ORDER BY number DESC LIMIT ?8
        """)

    func auditChain() throws -> AuditChain {
        var chain = AuditChain()
        try connection.each(Self.chain, []) { row in
            let link = AuditLink(number: row.int64(1), hash: row.blob(2))
            if row.text(0) == "last" { chain.last = link } else { chain.removed = link }
            return true
        }
        return chain
    }

    func newestAuditNumber(_ filter: AuditFilter, before number: Int64) throws -> Int64 {
        try connection.first(
            Self.newest, .integer(number), .text(filter.action?.rawValue), .text(filter.caller),
            .text(filter.subject)
        ) { $0.int64(0) } ?? 0
    }

    func auditRecords(
        _ filter: AuditFilter, in numbers: ClosedRange<Int64>, limit: Int
    ) throws -> [AuditRecord] {
        try connection.all(
            Self.records, .integer(numbers.lowerBound), .integer(numbers.upperBound),
            .text(filter.action?.rawValue), .text(filter.caller), .text(filter.subject),
            .time(filter.createdAfter), .time(filter.createdBefore), .int(limit), read: AuditRecord.init)
    }
}
