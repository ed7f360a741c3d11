package import LonghaulCore
import LonghaulJSON

extension KeyedRecord: StoredRecord {
    package static func blank() -> KeyedRecord {
        KeyedRecord(key: RecordKey(.machine, ""), value: .null)
    }

    package static let columns: [Column<KeyedRecord>] = [
        Column("space", .integer, { .int($0.key.space.rawValue) }) { record, value in
            guard let space = RecordSpace(rawValue: value.int) else {
                throw CorruptValue("a record of the unknown space \(value.int)")
            }
            record.key.space = space
        },
        Column("job", .id, { .id($0.key.storedJobID) }) { record, value in
            record.key.jobID = value.optionalID.flatMap { $0 == RecordKey.noJob ? nil : $0 }
        },
        Column("name", .text, { .text($0.key.name) }) { $0.key.name = $1.text },
        Column("revision", .integer, { .integer($0.revision) }) { $0.revision = $1.int64 },
        Column("value", .blob, { .blob($0.value.bytes) }) { $0.value = $1.optionalJSON ?? .null },
    ]
}

extension RecordKey {
    /// What the database has in place of the ID of a job for a record of no job: a primary key has no NULL.
    package static let noJob = JobID(high: 0, low: 0)

    /// The ID of the job as the database has it.
    package var storedJobID: JobID { jobID ?? Self.noJob }
}

extension KeyedRecord {
    /// The cost of its removal, in units of a small record.
    package var weight: Int { Self.weight(ofBytes: value.bytes.count) }

    /// The cost of the removal of a record with a value of this size.
    package static func weight(ofBytes bytes: Int) -> Int { 1 + bytes >> 12 }
}

extension RecordRange {
    /// The first of these records, up to the limits of a page.
    package func page(of records: some Sequence<KeyedRecord>) -> [KeyedRecord] {
        var bytes = 0
        var page: [KeyedRecord] = []
        for record in records {
            bytes += record.value.bytes.count
            guard page.isEmpty || bytes <= maxBytes, page.count < limit else { break }
            page.append(record)
        }
        return page
    }
}

/// The bounds of the keys, for the statements of the SQL drivers.
extension RecordRange {
    /// The ID of the job as the database has it.
    package var storedJobID: JobID { jobID ?? RecordKey.noJob }

    /// The first possible name. Names have no U+0000.
    package var firstName: String {
        guard !isDescending, let after else { return prefix }
        let next = after + "\u{1}"
        return prefix.utf8.lexicographicallyPrecedes(next.utf8) ? next : prefix
    }

    /// The names are smaller than this one; nil if there is no limit.
    package var endName: String? {
        guard isDescending, let after else { return prefixEnd }
        return [prefixEnd, after].compactMap { $0 }.min { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}
