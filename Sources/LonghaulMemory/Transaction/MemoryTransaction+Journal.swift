package import LonghaulCore
package import LonghaulJSON
package import LonghaulStore

/// Journals and signals.
extension MemoryTransaction {
    package func operation(of row: JobRow, id: String) throws -> JournalOperation? {
        try stored(row).operations.first { $0.id == id }
    }

    package func operation(of row: JobRow, number: Int64) throws -> JournalOperation? {
        try stored(row).operations.first { $0.number == number }
    }

    package func waitingOperations(of row: JobRow) throws -> [JournalOperation] {
        try stored(row).operations.filter { $0.status == .waiting }
    }

    package func operations(of row: JobRow, after number: Int64, limit: Int) throws -> [JournalOperation] {
        Array(try stored(row).operations.drop { $0.number <= number }.prefix(limit))
    }

    package func insert(_ operation: JournalOperation, of row: JobRow) {
        change(row.job.id) { $0.operations.append(operation) }
    }

    package func update(_ operation: JournalOperation, of row: JobRow) {
        change(row.job.id) { stored in
            guard let index = stored.operations.firstIndex(where: { $0.number == operation.number })
            else { return }
            stored.operations[index] = operation
        }
    }

    package func removeOperations(of row: JobRow, from number: Int64) {
        change(row.job.id) { $0.operations.removeAll { $0.number >= number } }
    }

    // MARK: Signals

    package func keptSignal(of row: JobRow, name: String) throws -> StoredSignal? {
        try stored(row).signals.first { $0.consumedBy == nil && $0.signal.name == name }
    }

    package func signal(of row: JobRow, key: [UInt8]) throws -> StoredSignal? {
        try stored(row).signals.first { $0.signal.key == key }
    }

    package func keptSignalUsage(of row: JobRow) throws -> AttachmentUsage {
        try stored(row).signals.reduce(into: AttachmentUsage()) { usage, signal in
            guard signal.consumedBy == nil else { return }
            usage.count += 1
            usage.bytes += Int64(signal.signal.value.bytes.count)
        }
    }

    package func lastSignalNumber(of row: JobRow) throws -> Int64 {
        try stored(row).signals.last?.number ?? 0
    }

    package func insert(_ signal: StoredSignal, of row: JobRow) {
        change(row.job.id) { $0.signals.append(signal) }
    }

    package func consume(_ signal: StoredSignal, by number: Int64, of row: JobRow) {
        change(row.job.id) { stored in
            guard let index = stored.signals.firstIndex(where: { $0.number == signal.number }) else { return }
            stored.signals[index].consumedBy = number
        }
    }

    package func keepSignals(of row: JobRow, consumedFrom number: Int64) {
        change(row.job.id) { stored in
            for index in stored.signals.indices {
                if let consumer = stored.signals[index].consumedBy, consumer >= number {
                    stored.signals[index].consumedBy = nil
                }
            }
        }
    }

    package func removeConsumedSignals(of row: JobRow) {
        change(row.job.id) { $0.signals.removeAll { $0.consumedBy != nil } }
    }

    package func replacePayload(of row: inout JobRow, by payload: JSONText) {
        row.job.spec.payload = payload
    }
}
