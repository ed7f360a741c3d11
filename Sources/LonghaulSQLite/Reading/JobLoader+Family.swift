import LonghaulCore
import LonghaulJSON
import LonghaulStore

/// The jobs around a job: parent, children and dependencies.
extension JobLoader {
    private static let step = Query(
        """
        SELECT seq, kind, state, fault_version, parent, depends_on,
            CASE WHEN length(result) <= ?4 THEN result END
        FROM jobs WHERE seq BETWEEN ?1 AND ?2 AND id = ?3
        """)
    private static let children = Query(
        """
        SELECT id FROM jobs INDEXED BY jobs_parent WHERE parent IS NOT NULL AND parent = ?1
        ORDER BY seq LIMIT ?2
        """)
    private static let childrenCount = Query(
        "SELECT count(*) FROM jobs INDEXED BY jobs_parent WHERE parent IS NOT NULL AND parent = ?1")

    /// The job of a row with its data in other tables, and the results of the jobs around it.
    func family(of row: JobRow) throws -> Job {
        var job = try job(row)
        if row.isParent { try fillChildren(of: &job) }
        try FamilyRule.fill(&job, find: step)
        return job
    }

    private func fillChildren(of job: inout Job) throws {
        let parent = ColumnValue.blob(job.id.bytes)
        job.children = try connection.all(Self.children, parent, .int(RelatedJob.maxChildren)) {
            JobID(bytes: $0.blob(0))
        }
        job.childrenCount = try connection.first(Self.childrenCount, parent) { $0.int(0) } ?? 0
    }

    /// The outcomes of submissions with the jobs around each job. A job that several jobs depend on is read once.
    func families(of outcomes: [SubmitOutcome]) throws -> [SubmitOutcome] {
        let cache = StepCache(self)
        return try outcomes.map { outcome in
            try outcome.mapJob { job in
                var job = job
                if outcome.mayHaveChildren { try fillChildren(of: &job) }
                try FamilyRule.fill(&job, find: cache.step)
                return job
            }
        }
    }

    /// The steps read so far. A batch whose entries depend on the same jobs reads each of them once.
    private final class StepCache {
        private let loader: JobLoader
        private var steps: [JobID: FamilyRule.Step?] = [:]

        init(_ loader: JobLoader) {
            self.loader = loader
        }

        func step(_ id: JobID, maxResultBytes: Int) throws -> FamilyRule.Step? {
            if steps[id] == nil {
                steps.updateValue(try loader.step(id, maxResultBytes: RelatedJob.maxResultBytes), forKey: id)
            }
            return steps[id].flatMap { $0 }.map { $0.within(maxResultBytes) }
        }
    }

    /// The results of a job's dependencies, as one value.
    func collected(from ids: [JobID]) throws -> JSONText {
        var writer = JSONWriter()
        writer.element(try FamilyRule.dependencies(ids, find: step))
        return writer.text
    }

    /// A job as a step. A result longer than `maxResultBytes` is left out. Nil if the job does not exist.
    private func step(_ id: JobID, maxResultBytes: Int) throws -> FamilyRule.Step? {
        var faultAt: Int64?
        let found = try connection.first(
            Self.step, .integer(JobSequence.base(of: id)), .integer(JobSequence.last(of: id)),
            .blob(id.bytes), .int(maxResultBytes)
        ) { row in
            let state = try JobState(code: row.int(2))
            var job = RelatedJob(id: id, kind: row.text(1), state: state)
            if state == .completed {
                job.result = row.optionalBlob(6).map { JSONText(validated: $0) }
                job.isResultOmitted = job.result == nil
            } else if row.int(3) > 0 {
                faultAt = row.int64(0)
            }
            return FamilyRule.Step(
                job: job, parentID: row.optionalBlob(4).map { JobID(bytes: $0) },
                dependsOn: row.optionalBlob(5).map(JobID.list) ?? [])
        }
        guard var step = found else { return nil }
        if let faultAt, let fault = try faults(at: faultAt).last {
            step.job.error = fault.error
            step.job.error?.details = nil
        }
        return step
    }
}
