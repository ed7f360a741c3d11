import LonghaulCore
import LonghaulStore

/// Records of state machines and their executions.
extension Reader {
    func record(_ key: RecordKey) throws -> KeyedRecord? {
        try connection.run(RecordQueries.record(key)).map { try KeyedRecord(&$0) }.first
    }

    func records(_ range: RecordRange) throws -> [KeyedRecord] {
        try connection.run(RecordQueries.records(range)).map { try KeyedRecord(&$0) }
    }
}
