package import LonghaulCore
package import LonghaulJSON
import LonghaulStore

/// Records of state machines and their executions.
extension MemoryTransaction {
    package func record(_ key: RecordKey) -> KeyedRecord? { tables.records[key] }

    package func records(_ range: RecordRange) -> [KeyedRecord] { tables.records.records(range) }

    package func upsert(_ value: JSONText, at key: RecordKey) { tables.records.upsert(value, at: key) }

    package func removeRecord(_ key: RecordKey) { tables.records.remove(key) }

    package func removeRecords(of id: JobID, in spaces: [RecordSpace], weight: Int) -> Int {
        var removed = 0
        for space in spaces {
            var range = RecordRange(space, of: id, limit: .max)
            range.maxBytes = .max
            for record in records(range) where removed < weight {
                tables.records.remove(record.key)
                removed += record.weight
            }
        }
        return removed
    }
}
