import LonghaulCore
import LonghaulStore

/// The history of a job.
extension Reader {
    /// The changes after a version, as they were published.
    func history(_ id: JobID, afterVersion version: Int) throws -> [JobChange]? {
        guard let entry = try entries([id])[id] else { return nil }
        return try entry.row.history.changes(
            of: entry.row.job, afterVersion: version, faults: try faults(of: entry))
    }

    private static let faults = Query(
        "SELECT \(FaultRow.columnNames) FROM longhaul.faults WHERE id = $1::uuid ORDER BY version")

    /// All errors of a job, including those before its attempt counter was last reset.
    private func faults(of entry: TrackedJob) throws -> [FaultRow] {
        guard entry.faults.isEmpty else { return entry.faults }
        return try connection.run(Request(Self.faults, .uuid(entry.row.job.id))).map { try FaultRow(&$0) }
    }
}
