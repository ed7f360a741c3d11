package import LonghaulCore
import LonghaulJSON

/// Audit records.
extension AuditRecord: StoredRecord {
    package static func blank() -> AuditRecord {
        let entry = AuditEntry(
            stored: AuditSource(caller: ""), action: .cancelJob, subjects: [], count: 0,
            at: Timestamp(milliseconds: 0), before: nil, after: nil)
        return AuditRecord(number: 0, entry: entry, hash: [])
    }

    package static let columns: [Column<AuditRecord>] = [
        Column("number", .integer, { .integer($0.number) }) { $0.number = $1.int64 },
        Column("recorded_at", .integer, { .time($0.entry.at) }) { $0.entry.at = $1.time },
        Column("caller", .text, { .text($0.entry.source.caller) }) { $0.entry.source.caller = $1.text },
        Column("key_id", .text, { .text($0.entry.source.keyID) }) {
            $0.entry.source.keyID = $1.optionalText
        },
        Column("client", .text, { .text($0.entry.source.client) }) {
            $0.entry.source.client = $1.optionalText
        },
        Column("request_id", .text, { .text($0.entry.source.requestID) }) {
            $0.entry.source.requestID = $1.optionalText
        },
        Column("action_name", .text, { .text($0.entry.action.rawValue) }) { record, value in
            guard let action = AuditAction(rawValue: value.text) else {
                throw CorruptValue("the audit record \(record.number): unknown action \(value.text)")
            }
            record.entry.action = action
        },
        Column("subjects", .text, { .text(TextCoding.encode($0.entry.subjects)) }) {
            $0.entry.setStored(subjects: try TextCoding.list($1.text))
        },
        Column("subject_count", .integer, { .int($0.entry.count) }) { $0.entry.count = $1.int },
        Column("value_before", .blob, { .blob($0.entry.before?.bytes) }) {
            $0.entry.setStored(before: $1.optionalJSON)
        },
        Column("value_after", .blob, { .blob($0.entry.after?.bytes) }) {
            $0.entry.setStored(after: $1.optionalJSON)
        },
        Column("hash", .blob, { .blob($0.hash) }) { $0.hash = $1.blob },
    ]
}
