package import LonghaulCore
import LonghaulStore

/// Records of state machines and their executions.
extension MemoryReader {
    package func record(_ key: RecordKey) -> KeyedRecord? { tables.records[key] }

    package func records(_ range: RecordRange) -> [KeyedRecord] { tables.records.records(range) }
}
