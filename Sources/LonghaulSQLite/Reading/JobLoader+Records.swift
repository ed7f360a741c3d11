import LonghaulCore
import LonghaulJSON
import LonghaulStore

/// Records of state machines and their executions.
extension JobLoader {
    private static let byKey = Query(
        "SELECT \(KeyedRecord.columnNames) FROM records WHERE space = ?1 AND job = ?2 AND name = ?3")
    private static let ascending = Query(
        """
        SELECT \(KeyedRecord.columnNames) FROM records
        WHERE space = ?1 AND job = ?2 AND name >= ?3 AND name < ?4 ORDER BY name LIMIT ?5
        """)
    private static let descending = Query(
        """
        SELECT \(KeyedRecord.columnNames) FROM records
        WHERE space = ?1 AND job = ?2 AND name >= ?3 AND name < ?4 ORDER BY name DESC LIMIT ?5
        """)

    func record(_ key: RecordKey) throws -> KeyedRecord? {
        try connection.first(
            Self.byKey, .int(key.space.rawValue), .id(key.storedJobID), .text(key.name),
            read: KeyedRecord.init)
    }

    func records(_ range: RecordRange) throws -> [KeyedRecord] {
        var records: [KeyedRecord] = []
        var bytes = 0
        // Every text is smaller than every blob.
        let end = range.endName.map { ColumnValue.text($0) } ?? .blob([])
        let values: [ColumnValue] = [
            .int(range.space.rawValue), .id(range.storedJobID), .text(range.firstName), end,
            .int(range.limit),
        ]
        try connection.each(range.isDescending ? Self.descending : Self.ascending, values) { row in
            let record = try KeyedRecord(row)
            bytes += record.value.bytes.count
            guard records.isEmpty || bytes <= range.maxBytes else { return false }
            records.append(record)
            return true
        }
        return records
    }
}
