package import LonghaulCore
package import LonghaulStore

/// Reading of journals.
extension MemoryReader {
    package func row(_ id: JobID) -> JobRow? { tables.rows[id]?.stored.row }

    package func operation(of row: JobRow, id: String) -> JournalOperation? {
        tables.rows[row.job.id]?.stored.operations.first { $0.id == id }
    }

    package func waitCounts() -> [OperationType: Int] {
        let suspended = tables.rows.values.lazy.filter { $0.stored.row.job.state == .suspended }
        let waits = suspended.flatMap { $0.stored.operations.filter { $0.status == .waiting } }
        return waits.prefix(OperationWait.maxCounted).reduce(into: [:]) { $0[$1.type, default: 0] += 1 }
    }

    package func operations(
        of row: JobRow, after number: Int64, limit: Int, maxBytes: Int64
    ) -> [JournalOperation] {
        var bytes: Int64 = 0
        let later = tables.rows[row.job.id]?.stored.operations.drop { $0.number <= number } ?? []
        return Array(
            later.prefix(limit).prefix { operation in
                defer { bytes += operation.weight }
                return bytes < maxBytes
            })
    }
}
