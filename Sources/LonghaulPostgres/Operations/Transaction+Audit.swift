import LonghaulCore
import LonghaulStore

/// The audit log.
extension Transaction {
    /// Adds an entry to the end of the chain, and locks the end until the commit. PostgreSQL computes the hash, so that the
    /// statement runs with the other writes, as the last one: a transaction that has the lock only waits for its commit.
    private static let insertion: Query = {
        let columns = AuditRecord.columns.dropFirst().dropLast()
        let values = columns.enumerated().map { "$\($0.offset + 2)::\($0.element.kind.type.name)" }
        return Query(
            """
            WITH last AS (
                UPDATE longhaul.audit_chain SET number = number + 1, hash = sha256(
                    hash || convert_to('\(AuditRecord.coveredHead)' || (number + 1), 'UTF8') || $1::bytea)
                WHERE place = 'last' RETURNING number, hash),
            subject AS (
                INSERT INTO longhaul.audit_subjects
                SELECT DISTINCT value, (SELECT number FROM last)
                FROM jsonb_array_elements_text($\(values.count + 2)::text::jsonb))
            INSERT INTO longhaul.audit (\(AuditRecord.columnNames))
            VALUES ((SELECT number FROM last), \(values.joined(separator: ", ")), (SELECT hash FROM last))
            """)
    }()
    private static let oldest = Query(
        "SELECT \(AuditRecord.columnNames) FROM longhaul.audit ORDER BY number LIMIT $1::bigint")
    private static let removal = Query("DELETE FROM longhaul.audit WHERE number <= $1::bigint")
    private static let removeSubjects = Query(
        """
        DELETE FROM longhaul.audit_subjects s USING longhaul.audit a, jsonb_array_elements_text(a.subjects::jsonb) value
        WHERE a.number <= $1::bigint AND s.number = a.number AND s.subject = value
        """)
    private static let setRemoved = Query(
        """
        UPDATE longhaul.audit_chain SET number = $1::bigint, hash = $2::bytea
        WHERE place = 'removed' AND number < $1::bigint
        """)

    /// Keeps the entry until the end of the writes, so that the end of the chain is locked last, and for a short time only.
    func append(_ entry: AuditEntry) { auditEntries.append(entry) }

    /// The statements that add the entries to the chain.
    var auditWrites: [Request] {
        auditEntries.map { entry in
            let values = AuditRecord(number: 0, entry: entry, hash: []).parameters.dropFirst().dropLast()
            return Request(
                Self.insertion,
                [.bytea(AuditRecord.coveredTail(entry))] + values + [.text(TextCoding.encode(entry.subjects))]
            )
        }
    }

    func oldestAuditRecords(limit: Int) throws -> [AuditRecord] {
        try connection.run(Request(Self.oldest, .int8(limit))).map { try AuditRecord(&$0) }
    }

    func removeAuditRecords(upTo link: AuditLink) {
        writes += [
            Request(Self.removeSubjects, .int8(link.number)),
            Request(Self.removal, .int8(link.number)),
            Request(Self.setRemoved, .int8(link.number), .bytea(link.hash)),
        ]
    }

    func routing() throws -> RoutingTable { try RoutingTable(readFrom: connection) }
}

/// Reading of the audit log.
extension Reader {
    private static let chain = Query("SELECT place, number, hash FROM longhaul.audit_chain")
    /// The lowest of the newest numbers that match each condition, from the indexes alone.
    private static let newest = Query(
        """
        SELECT least(coalesce((SELECT max(number) FROM longhaul.audit WHERE number < $1::bigint), 0),
            CASE WHEN $2::text IS NOT NULL THEN coalesce((
                SELECT max(number) FROM longhaul.audit WHERE action_name = $2::text AND number < $1::bigint), 0) END,
            CASE WHEN $3::text IS NOT NULL THEN coalesce((
                SELECT max(number) FROM longhaul.audit WHERE caller = $3::text AND number < $1::bigint), 0) END,
            CASE WHEN $4::text IS NOT NULL THEN coalesce((
                SELECT max(number) FROM longhaul.audit_subjects
                WHERE subject = $4::text AND number < $1::bigint), 0) END)
        """)
    private static let records = Query(
        """
        SELECT \(AuditRecord.columnNames) FROM longhaul.audit
        WHERE number BETWEEN $1::bigint AND $2::bigint AND ($3::text IS NULL OR action_name = $3::text)
        AND ($4::text IS NULL OR caller = $4::text) AND ($5::text IS NULL OR EXISTS (
            SELECT FROM longhaul.audit_subjects s WHERE s.subject = $5::text AND s.number = audit.number))
        AND ($6::bigint IS NULL OR recorded_at >= $6::bigint)
        AND ($7::bigint IS NULL OR recorded_at < $7::bigint)
        ORDER BY number DESC LIMIT $8::bigint
        """)

    func auditChain() throws -> AuditChain {
        let rows = try connection.run(Request(Self.chain))
        var chain = AuditChain()
        for index in 0..<rows.count {
            var row = rows[index]
            let place = row.text()
            let link = AuditLink(number: row.int64(), hash: row.bytes())
            if place == "last" { chain.last = link } else { chain.removed = link }
        }
        return chain
    }

    func newestAuditNumber(_ filter: AuditFilter, before number: Int64) throws -> Int64 {
        let request = Request(
            Self.newest, .int8(number), .text(filter.action?.rawValue), .text(filter.caller),
            .text(filter.subject))
        var row = try connection.run(request).first
        return row?.int64() ?? 0
    }

    func auditRecords(
        _ filter: AuditFilter, in numbers: ClosedRange<Int64>, limit: Int
    ) throws -> [AuditRecord] {
        let request = Request(
            Self.records, .int8(numbers.lowerBound), .int8(numbers.upperBound),
            .text(filter.action?.rawValue), .text(filter.caller), .text(filter.subject),
            .time(filter.createdAfter), .time(filter.createdBefore), .int8(limit))
        return try connection.run(request).map { try AuditRecord(&$0) }
    }
}
