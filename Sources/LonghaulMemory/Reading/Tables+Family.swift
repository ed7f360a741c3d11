import LonghaulCore
import LonghaulJSON
import LonghaulStore

/// The jobs around a job.
extension Tables {
    /// A job with all that belongs to it, and the results of the jobs around it.
    ///
    /// - Parameter row: the row, as a transaction may have changed it.
    func family(of stored: StoredJob, _ row: JobRow) -> Job {
        var job = stored.whole(row)
        if stored.row.isParent {
            let children = rows { $0.row.job.parentID == job.id }
            job.children = children.prefix(RelatedJob.maxChildren).map(\.id)
            job.childrenCount = children.count
        }
        FamilyRule.fill(&job, find: step)
        return job
    }

    /// The results of a job's dependencies, as the result of a job that collects them.
    func collected(from ids: [JobID]) -> JSONText {
        var writer = JSONWriter()
        writer.element(FamilyRule.dependencies(ids, find: step))
        return writer.text
    }

    /// A job with its result, which is left out if it is longer than `maxResultBytes`; nil if the job is gone.
    private func step(_ id: JobID, maxResultBytes: Int) -> FamilyRule.Step? {
        guard let stored = rows[id]?.stored else { return nil }
        let job = stored.row.job
        var related = RelatedJob(id: id, kind: job.spec.kind, state: job.state)
        if let result = job.result, job.state == .completed {
            related.isResultOmitted = result.bytes.count > maxResultBytes
            if !related.isResultOmitted { related.result = result }
        } else if stored.row.faultVersion > 0 {
            related.error = stored.faults.last?.error
            related.error?.details = nil
        }
        return FamilyRule.Step(job: related, parentID: job.parentID, dependsOn: job.dependsOn)
    }
}
