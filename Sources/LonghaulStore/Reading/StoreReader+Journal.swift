package import LonghaulCore

extension StoreReader {
    /// A page of the journal of a job.
    package func journal(of row: JobRow, after number: Int64, limit: Int) throws -> JournalPage {
        guard row.job.operationCount > 0 else { return JournalPage() }
        return JournalPage(
            try operations(of: row, after: number, limit: limit, maxBytes: JournalPage.maxBytes), of: row)
    }
}

extension JournalOperation {
    /// The identifier of the operation of a checkpoint. A long name is replaced by its digest.
    package static func stepID(_ name: String) -> String {
        let id = "step/" + name
        guard id.utf8.count > 64 else { return id }
        return "step/" + SHA256.hexadecimal(SHA256.digest(Array(name.utf8))).prefix(32)
    }
}

extension JournalPage {
    /// A page of operations of a job, at most ``JournalPage/maxBytes`` and one operation more.
    package init(_ found: [JournalOperation], of row: JobRow) {
        var bytes: Int64 = 0
        let fitting = found.prefix { operation in
            defer { bytes += operation.weight }
            return bytes < Self.maxBytes
        }
        // The numbers of a journal have no gaps.
        self.init(
            operations: Array(fitting),
            next: fitting.last.map(\.number).flatMap { $0 < row.job.operationCount ? $0 : nil })
    }
}
