package import LonghaulCore

extension StoreReader {
    /// A page of the journal of a job.
    package func journal(of row: JobRow, after number: Int64, limit: Int) throws -> JournalPage {
        guard row.job.operationCount > 0 else { return JournalPage() }
        return JournalPage(
            try operations(of: row, after: number, limit: limit + 1, maxBytes: JournalPage.maxBytes),
            limit: limit)
    }
}

extension JournalOperation {
    /// The identifier of the operation of a checkpoint. A long name is replaced by its digest.
    package static func stepID(_ name: String) -> String {
        let id = "step/" + name
        return id.utf8.count <= 64 ? id : "step/" + SHA256.hexadecimal(Array(name.utf8)).prefix(32)
    }
}

extension JournalPage {
    /// A page of at most `limit` operations, and of ``JournalPage/maxBytes``.
    ///
    /// - Parameter found: at most `limit + 1` operations, so that it is known whether there are more.
    package init(_ found: [JournalOperation], limit: Int) {
        var bytes: Int64 = 0
        let fitting = found.prefix(limit).prefix { operation in
            defer { bytes += operation.weight }
            return bytes < Self.maxBytes
        }
        self.init(
            operations: Array(fitting), next: fitting.count < found.count ? fitting.last?.number : nil)
    }
}
