package import LonghaulCore
import LonghaulJSON

/// Webhook deliveries.
extension WebhookDelivery: StoredRecord {
    package static func blank() -> WebhookDelivery {
        let none = JobID(high: 0, low: 0)
        return WebhookDelivery(
            id: none, jobID: none, event: .completed, url: "", createdAt: Timestamp(milliseconds: 0),
            retrySeconds: 0, body: [])
    }

    package static let columns = fixedColumns + changingColumns

    private static let fixedColumns: [Column<WebhookDelivery>] = [
        Column("delivery_id", .id, { .id($0.id) }) { $0.id = try needed($1) },
        Column("job_id", .id, { .id($0.jobID) }) { $0.jobID = try needed($1) },
        Column("event", .text, { .text($0.event.rawValue) }) { $0.event = try choice($1) },
        Column("url", .text, { .text($0.url) }) { $0.url = $1.text },
        // For the order of claims; a delivery computes it from its URL.
        Column("host", .text, { .text($0.host) }) { _, _ in },
        Column("created_at", .integer, { .time($0.createdAt) }) { $0.createdAt = $1.time },
        Column("body", .blob, { .blob($0.body) }) { $0.body = $1.blob },
    ]

    /// The columns that an attempt or an operator changes.
    package static let changingColumns: [Column<WebhookDelivery>] = [
        Column("state", .text, { .text($0.state.rawValue) }) { $0.state = try choice($1) },
        Column("due_at", .integer, { .time($0.dueAt) }) { $0.dueAt = $1.optionalTime },
        Column("ended_at", .integer, { .time($0.endedAt) }) { $0.endedAt = $1.optionalTime },
        Column("attempt_count", .integer, { .int($0.attemptCount) }) { $0.attemptCount = $1.int },
        Column("failures", .integer, { .int($0.failures) }) { $0.failures = $1.int },
        Column("retry_until", .integer, { .time($0.retryUntil) }) { $0.retryUntil = $1.time },
        Column("claim", .integer, { .int($0.claim) }) { $0.claim = $1.int },
        Column("is_claimed", .bool, { .bool($0.isClaimed) }) { $0.isClaimed = $1.bool },
        Column("attempts", .text, { .text(encoded($0.attempts)) }) { $0.attempts = try decoded($1.text) },
    ]

    /// The columns for lists, without the body.
    ///
    /// - Parameter null: the SQL text of a NULL in place of the body.
    package static func listedColumnNames(null: String) -> String {
        columns.map { $0.name == "body" ? null : $0.name }.joined(separator: ", ")
    }

    private static func needed(_ value: ColumnValue) throws -> JobID {
        guard let id = value.optionalID else { throw CorruptValue("a delivery without an identifier") }
        return id
    }

    private static func choice<Choice: RawRepresentable<String>>(_ value: ColumnValue) throws -> Choice {
        guard let choice = Choice(rawValue: value.text) else {
            throw CorruptValue("a delivery with the unknown word \(value.text)")
        }
        return choice
    }

    private static func encoded(_ attempts: [WebhookAttempt]) -> String {
        var writer = JSONWriter()
        writer.element(attempts)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private static func decoded(_ text: String) throws -> [WebhookAttempt] {
        let document = try JSONDocument(parsing: Array(text.utf8))
        return document.root.elements.map { node in
            var reader = JSONObjectReader(node, at: .root, faults: JSONFaults())
            return WebhookAttempt.read(&reader)
        }
    }
}
