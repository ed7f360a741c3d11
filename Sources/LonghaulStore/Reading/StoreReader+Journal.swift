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
        return id.utf8.count <= 64 ? id : "step/" + SHA256.hexadecimal(Array(name.utf8)).prefix(32)
    }
}
