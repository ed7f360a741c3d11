import LonghaulCore
import LonghaulJSON
import LonghaulStore

/// Records of state machines and their executions.
extension Transaction {
    private static let upsert = Query(
        """
        INSERT INTO records (space, job, name, revision, value) VALUES (?1, ?2, ?3, 1, ?4)
        ON CONFLICT (space, job, name) DO UPDATE SET revision = revision + 1, value = excluded.value
        """)
    private static let remove = Query("DELETE FROM records WHERE space = ?1 AND job = ?2 AND name = ?3")
    private static let sizes = Query(
        """
        SELECT name, length(value) FROM records WHERE space = ?1 AND job = ?2 ORDER BY name LIMIT ?3
        """)
    private static let removeFirst = Query(
        "DELETE FROM records WHERE space = ?1 AND job = ?2 AND name <= ?3")

    func record(_ key: RecordKey) throws -> KeyedRecord? { try loader.record(key) }

    func records(_ range: RecordRange) throws -> [KeyedRecord] { try loader.records(range) }

    func upsert(_ value: JSONText, at key: RecordKey) throws {
        try connection.run(
            Self.upsert, .int(key.space.rawValue), .id(key.storedJobID), .text(key.name), .blob(value.bytes))
    }

    func removeRecord(_ key: RecordKey) throws {
        try connection.run(
            Self.remove, .int(key.space.rawValue), .id(key.storedJobID), .text(key.name))
    }

    func removeRecords(of id: JobID, in spaces: [RecordSpace], weight: Int) throws -> Int {
        var removed = 0
        for space in spaces where removed < weight {
            var last: String?
            try connection.each(Self.sizes, [.int(space.rawValue), .id(id), .int(weight - removed)]) { row in
                last = row.text(0)
                removed += KeyedRecord.weight(ofBytes: row.int(1))
                return removed < weight
            }
            guard let last else { continue }
            try connection.run(Self.removeFirst, .int(space.rawValue), .id(id), .text(last))
        }
        return removed
    }
}
