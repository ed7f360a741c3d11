import LonghaulCore
import LonghaulStore

/// The jobs around a job: parent, children and dependencies.
extension JobLoader: FamilySource {
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
        try addFamily(to: &job, mayHaveChildren: row.isParent)
        return job
    }

    func children(of id: JobID) throws -> (ids: [JobID], count: Int) {
        let parent = ColumnValue.blob(id.bytes)
        let ids = try connection.all(Self.children, parent, .int(RelatedJob.maxChildren)) {
            JobID(bytes: $0.blob(0))
        }
        return (ids, try connection.first(Self.childrenCount, parent) { $0.int(0) } ?? 0)
    }

    func familyStep(_ id: JobID, maxResultBytes: Int) throws -> FamilyRule.Step? {
        let found = try connection.first(
            Self.step, .integer(JobSequence.base(of: id)), .integer(JobSequence.last(of: id)),
            .blob(id.bytes), .int(maxResultBytes)
        ) { row in (0..<7).map { row.value($0) } }
        guard let found else { return nil }
        return try FamilyRule.Step(
            id, kind: found[1].text, state: try JobState(code: found[2].int), parentID: found[4].optionalID,
            dependsOn: found[5].optionalBlob.map(JobID.list) ?? [], result: found[6].optionalJSON,
            error: found[3].int > 0 ? try faults(at: found[0].int64).last?.error : nil)
    }
}
