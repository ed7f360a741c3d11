import LonghaulCore
import LonghaulStore

/// The jobs around a job.
extension Tables: FamilySource {
    /// A job with its data and the results of the jobs around it.
    ///
    /// - Parameter row: the row, as a transaction may have changed it.
    func family(of stored: StoredJob, _ row: JobRow) throws -> Job {
        var job = stored.whole(row)
        try addFamily(to: &job, mayHaveChildren: stored.row.isParent)
        return job
    }

    func children(of id: JobID) -> (ids: [JobID], count: Int) {
        let children = rows { $0.row.job.parentID == id }
        return (children.prefix(RelatedJob.maxChildren).map(\.id), children.count)
    }

    func familyStep(_ id: JobID, maxResultBytes: Int) -> FamilyRule.Step? {
        guard let stored = rows[id]?.stored else { return nil }
        let job = stored.row.job
        return FamilyRule.Step(
            id, kind: job.spec.kind, state: job.state, parentID: job.parentID, dependsOn: job.dependsOn,
            result: job.result, error: stored.row.faultVersion > 0 ? stored.faults.last?.error : nil
        ).within(maxResultBytes)
    }
}
