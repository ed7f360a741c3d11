package import LonghaulCore
package import LonghaulJSON
package import LonghaulStore

/// The verbs of records.
extension VerbWrapper {
    package func record(_ key: RecordKey) throws -> KeyedRecord? {
        try willCall()
        return try inner.record(key)
    }
    package func records(_ range: RecordRange) throws -> [KeyedRecord] {
        try willCall()
        return try inner.records(range)
    }
    package func reports(of row: JobRow) throws -> [KeyedRecord] {
        try willCall()
        return try inner.reports(of: row)
    }
    package func upsert(_ value: JSONText, at key: RecordKey) throws {
        try willCall()
        try inner.upsert(value, at: key)
    }
    package func removeRecord(_ key: RecordKey) throws {
        try willCall()
        try inner.removeRecord(key)
    }
    package func removeRecords(of id: JobID, in spaces: [RecordSpace], weight: Int) throws -> Int {
        try willCall()
        return try inner.removeRecords(of: id, in: spaces, weight: weight)
    }
}
