package import LonghaulCore
package import LonghaulJSON
package import LonghaulStore

/// The verbs of journals and signals.
extension VerbWrapper {
    package func operation(of row: JobRow, id: String) throws -> JournalOperation? {
        try willCall()
        return try inner.operation(of: row, id: id)
    }
    package func operation(of row: JobRow, number: Int64) throws -> JournalOperation? {
        try willCall()
        return try inner.operation(of: row, number: number)
    }
    package func waitingOperations(of row: JobRow) throws -> [JournalOperation] {
        try willCall()
        return try inner.waitingOperations(of: row)
    }
    package func operations(of row: JobRow, after number: Int64, limit: Int) throws -> [JournalOperation] {
        try willCall()
        return try inner.operations(of: row, after: number, limit: limit)
    }
    package func firstOperations(of row: JobRow) throws -> [JournalOperation] {
        try willCall()
        return try inner.firstOperations(of: row)
    }
    package func updateJournal(of row: JobRow) throws {
        try willCall()
        try inner.updateJournal(of: row)
    }
    package func emptyJournal(of row: inout JobRow, _ lines: inout Int) throws -> Bool {
        try willCall()
        return try inner.emptyJournal(of: &row, &lines)
    }
    package func insert(_ operation: JournalOperation, of row: JobRow) throws {
        try willCall()
        try inner.insert(operation, of: row)
    }
    package func update(_ operation: JournalOperation, of row: JobRow) throws {
        try willCall()
        try inner.update(operation, of: row)
    }
    package func removeOperations(of row: JobRow, from number: Int64) throws {
        try willCall()
        try inner.removeOperations(of: row, from: number)
    }
    package func keptSignal(of row: JobRow, name: String) throws -> StoredSignal? {
        try willCall()
        return try inner.keptSignal(of: row, name: name)
    }
    package func signal(of row: JobRow, key: [UInt8]) throws -> StoredSignal? {
        try willCall()
        return try inner.signal(of: row, key: key)
    }
    package func keptSignalUsage(of row: JobRow) throws -> AttachmentUsage {
        try willCall()
        return try inner.keptSignalUsage(of: row)
    }
    package func lastSignalNumber(of row: JobRow) throws -> Int64 {
        try willCall()
        return try inner.lastSignalNumber(of: row)
    }
    package func insert(_ signal: StoredSignal, of row: JobRow) throws {
        try willCall()
        try inner.insert(signal, of: row)
    }
    package func consume(_ signal: StoredSignal, by number: Int64, of row: JobRow) throws {
        try willCall()
        try inner.consume(signal, by: number, of: row)
    }
    package func keepSignals(of row: JobRow, consumedFrom number: Int64) throws {
        try willCall()
        try inner.keepSignals(of: row, consumedFrom: number)
    }
    package func removeConsumedSignals(of row: JobRow) throws {
        try willCall()
        try inner.removeConsumedSignals(of: row)
    }
    package func replacePayload(of row: inout JobRow, by payload: JSONText) throws {
        try willCall()
        try inner.replacePayload(of: &row, by: payload)
    }
}
