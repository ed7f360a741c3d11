import LonghaulCore
import LonghaulStore

/// What happened to a job, read back.
extension Reader {
    /// The changes after a version, as the observer was told of them.
    func history(_ id: JobID, afterVersion version: Int) throws -> [JobChange]? {
        guard let entry = try entries([id])[id] else { return nil }
        return try entry.row.history.changes(
            of: entry.row.job, afterVersion: version, faults: try faults(of: entry))
    }

    private static let faults = Query(
        "SELECT \(FaultRow.columns) FROM longhaul.faults WHERE id = $1::uuid ORDER BY version")

    /// Every fault of a job, also those of before its attempts were last counted afresh.
    private func faults(of entry: TrackedJob) throws -> [FaultRow] {
        guard entry.faults.isEmpty else { return entry.faults }
        return try connection.run(Request(Self.faults, .uuid(entry.row.job.id))).map { FaultRow(&$0) }
    }
}
