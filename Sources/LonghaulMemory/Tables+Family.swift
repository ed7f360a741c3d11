import LonghaulCore
import LonghaulJSON

/// What a job sees of the jobs around it.
extension Tables {
    /// The job of a row with all that belongs to it, and what came of those around it.
    func family(of row: StoredJob) -> Job {
        var job = row.whole
        let children = rows { $0.job.parentID == job.id }
        job.children = children.prefix(RelatedJob.maxChildren).map(\.job.id)
        job.childrenCount = children.count
        FamilyRule.fill(&job, find: step)
        return job
    }

    /// What came of the jobs that a job waited for, as its result.
    func collected(from ids: [JobID]) -> JSONText {
        var writer = JSONWriter()
        writer.element(FamilyRule.dependencies(ids, find: step))
        return writer.text
    }

    /// A job as a step, without a result longer than so many bytes; nil if it is gone.
    private func step(_ id: JobID, maxResultBytes: Int) -> FamilyRule.Step? {
        guard let row = rows[id]?.stored else { return nil }
        var related = RelatedJob(id: id, kind: row.job.spec.kind, state: row.job.state)
        if let result = row.job.result, row.job.state == .completed {
            related.isResultOmitted = result.bytes.count > maxResultBytes
            if !related.isResultOmitted { related.result = result }
        } else if row.faultVersion > 0 {
            related.error = row.faults.last?.error
            related.error?.details = nil
        }
        return FamilyRule.Step(job: related, parentID: row.job.parentID, dependsOn: row.job.dependsOn)
    }
}
