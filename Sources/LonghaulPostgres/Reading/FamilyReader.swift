import LonghaulCore
import LonghaulStore

/// Reads the jobs around other jobs, without a lock, and caches them. Only the connection's thread uses it.
final class FamilyReader: FamilySource {
    private let connection: Connection
    private var steps: [JobID: FamilyRule.Step?] = [:]

    init(_ connection: Connection) {
        self.connection = connection
    }

    private static let reading = Query(
        """
        SELECT j.id, j.kind, j.state, j.parent, j.extra,
        CASE WHEN octet_length(j.result) <= $2::bigint THEN j.result END, f.type, f.message, f.retryable
        FROM longhaul.jobs j LEFT JOIN LATERAL (
            SELECT e.type, e.message, e.retryable FROM longhaul.faults e
            WHERE e.id = j.id AND j.fault_version > 0 ORDER BY e.version DESC LIMIT 1) f ON j.state <> 5
        WHERE j.id = ANY($1::uuid[])
        """)
    private static let children = Query(
        "SELECT id FROM longhaul.jobs WHERE parent = $1::uuid ORDER BY id LIMIT $2::bigint")
    private static let childrenCount = Query(
        "SELECT count(*) FROM longhaul.jobs WHERE parent = $1::uuid")

    func prefetchSteps(_ ids: [JobID]) throws {
        let missing = Set(ids.filter { steps[$0] == nil })
        guard !missing.isEmpty else { return }
        let rows = try connection.run(
            Request(Self.reading, .uuids(missing), .int8(RelatedJob.maxResultBytes)))
        for id in missing { steps.updateValue(nil, forKey: id) }
        for index in 0..<rows.count {
            var row = rows[index]
            let step = try Self.step(&row)
            steps.updateValue(step, forKey: step.job.id)
        }
    }

    private static func step(_ row: inout RowReader) throws -> FamilyRule.Step {
        let id = row.id()
        let kind = row.text()
        let state = try JobState(code: row.int())
        let parent = row.optionalID()
        var job = Job(
            id: id, spec: JobSpec(kind: kind), state: state, caller: "",
            createdAt: Timestamp(milliseconds: 0), runAt: Timestamp(milliseconds: 0))
        if let extra = row.optionalText() { try JobExtra.decode(extra, into: &job) }
        let result = row.optionalJSON()
        let type = row.optionalText()
        let message = row.text()
        let isRetryable = row.bool()
        return FamilyRule.Step(
            id, kind: kind, state: state, parentID: parent, dependsOn: job.dependsOn, result: result,
            error: type.map { JobError(type: $0, message: message, retryable: isRetryable) })
    }

    func familyStep(_ id: JobID, maxResultBytes: Int) throws -> FamilyRule.Step? {
        try prefetchSteps([id])
        return steps[id].flatMap { $0 }.map { $0.within(maxResultBytes) }
    }

    /// The first children of a job and their number.
    func children(of id: JobID) throws -> (ids: [JobID], count: Int) {
        let answers = try connection.run([
            Request(Self.children, .uuid(id), .int8(RelatedJob.maxChildren)),
            Request(Self.childrenCount, .uuid(id)),
        ])
        var count = answers[1].first
        return (answers[0].map { $0.id() }, count?.int() ?? 0)
    }
}

extension Transaction: FamilySource {
    /// The job of a row with its data in other tables, and the results of the jobs around it.
    func family(of row: JobRow) throws -> Job {
        var job = job(row)
        try addFamily(to: &job, mayHaveChildren: row.isParent)
        return job
    }

    func prefetchSteps(_ ids: [JobID]) throws {
        try familyReader.prefetchSteps(ids.filter { entries[$0] == nil })
    }

    /// The first children of a job and their number, including those that the transaction stores.
    func children(of id: JobID) throws -> (ids: [JobID], count: Int) {
        let stored = try familyReader.children(of: id)
        let new = entries.values.filter { $0.stored == nil && $0.row.job.parentID == id }.map(\.row.job.id)
        let gone = entries.values.count { $0.stored != nil && $0.isRemoved && $0.row.job.parentID == id }
        let ids = (stored.ids.filter { entries[$0]?.isRemoved != true } + new).sorted()
        return (Array(ids.prefix(RelatedJob.maxChildren)), stored.count + new.count - gone)
    }

    func familyStep(_ id: JobID, maxResultBytes: Int) throws -> FamilyRule.Step? {
        guard let entry = entries[id] else {
            return try familyReader.familyStep(id, maxResultBytes: maxResultBytes)
        }
        if entry.isRemoved { return nil }
        let job = entry.row.job
        return FamilyRule.Step(
            id, kind: job.spec.kind, state: job.state, parentID: job.parentID, dependsOn: job.dependsOn,
            result: job.result, error: entry.row.faultVersion > 0 ? entry.faults.last?.error : nil
        ).within(maxResultBytes)
    }
}

extension Reader {
    /// The outcomes of submissions with the jobs around each job.
    func families(of outcomes: [SubmitOutcome]) throws -> [SubmitOutcome] {
        try FamilyReader(connection).families(of: outcomes)
    }

    /// The job with the results of the jobs around it.
    func family(of entry: TrackedJob) throws -> Job {
        var job = entry.job
        try FamilyReader(connection).addFamily(to: &job, mayHaveChildren: entry.row.isParent)
        return job
    }
}
