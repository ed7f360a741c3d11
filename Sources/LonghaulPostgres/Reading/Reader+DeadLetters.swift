import LonghaulCore
import LonghaulStore

/// Reading of dead-letter groups.
extension Reader {
    private static let groups = Query(
        """
        SELECT \(DeadLetterGroup.columns.map { "g.\($0.name)" }.joined(separator: ", ")), e.id,
        f.type, f.message, f.details, f.retryable
        FROM longhaul.dead_letter_groups g
        LEFT JOIN LATERAL (
            SELECT d.id FROM longhaul.dead_letters d
            WHERE d.fingerprint = g.fingerprint AND d.queue = g.queue ORDER BY d.id DESC LIMIT 1) e ON true
        LEFT JOIN longhaul.jobs j ON j.id = e.id
        LEFT JOIN longhaul.faults f ON f.id = e.id AND f.version = j.fault_version
        WHERE ($1::text IS NULL OR g.queue = $1::text) AND ($2::text IS NULL OR g.kind = $2::text)
        AND ($3::text IS NULL OR g.fingerprint = $3::text) AND ($4::text IS NULL OR g.error_type = $4::text)
        AND ($5::bigint IS NULL OR g.count < $5::bigint OR (g.count = $5::bigint
            AND (g.fingerprint COLLATE "C", g.queue COLLATE "C") > ($6::text, $7::text)))
        ORDER BY g.count DESC, g.fingerprint COLLATE "C", g.queue COLLATE "C" LIMIT $8::bigint
        """)

    /// A page of groups, the largest first.
    func deadLetterGroups(
        _ filter: DeadLetterGroupFilter, after cursor: DeadLetterGroupCursor?, limit: Int
    ) throws -> DeadLetterGroupPage {
        let groups = try connection.run(
            Request(
                Self.groups, .text(filter.queue), .text(filter.kind), .text(filter.fingerprint),
                .text(filter.errorType), .int8(cursor?.count), .text(cursor?.fingerprint),
                .text(cursor?.queue), .int8(limit + 1))
        ).map { try DeadLetterGroup(withExample: &$0) }
        return DeadLetterGroupPage(groups, limit: limit)
    }
}

extension DeadLetterGroup {
    fileprivate init(withExample row: inout RowReader) throws {
        try self.init(&row)
        let id = row.optionalID()
        let errorType = row.optionalText()
        let message = row.text()
        let details = row.optionalJSON()
        guard let id, let errorType else { return }
        example = Example(
            jobID: id,
            error: JobError(type: errorType, message: message, details: details, retryable: row.bool()))
    }
}
