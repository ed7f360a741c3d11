import LonghaulCore
import LonghaulJSON
import LonghaulStore

/// Reads the jobs around other jobs, without a lock, and caches them. Only the connection's thread uses it.
final class FamilyReader {
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

    /// Reads several jobs at once.
    func fetch(_ ids: some Sequence<JobID>) throws {
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
        var related = RelatedJob(id: id, kind: kind, state: try JobState(code: row.int()))
        let parent = row.optionalID()
        var job = Job(
            id: id, spec: JobSpec(kind: kind), state: related.state, caller: "",
            createdAt: Timestamp(milliseconds: 0), runAt: Timestamp(milliseconds: 0))
        if let extra = row.optionalText() { try JobExtra.decode(extra, into: &job) }
        let result = row.optionalJSON()
        let type = row.optionalText()
        let message = row.text()
        if related.state == .completed {
            related.result = result
            related.isResultOmitted = result == nil
        } else if let type {
            related.error = JobError(type: type, message: message, retryable: row.bool())
        }
        return FamilyRule.Step(job: related, parentID: parent, dependsOn: job.dependsOn)
    }

    /// A job as a step. A result longer than `maxResultBytes` is left out. Nil if the job does not exist.
    func step(_ id: JobID, maxResultBytes: Int) throws -> FamilyRule.Step? {
        try fetch([id])
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

extension FamilyRule.Step {
    /// The step of a tracked job.
    init(_ entry: TrackedJob) {
        let job = entry.row.job
        var related = RelatedJob(id: job.id, kind: job.spec.kind, state: job.state)
        if job.state == .completed {
            related.result = job.result
            related.isResultOmitted = job.result == nil
        } else if entry.row.faultVersion > 0, let fault = entry.faults.last {
            related.error = fault.error
            related.error?.details = nil
        }
        self.init(job: related, parentID: job.parentID, dependsOn: job.dependsOn)
    }

    /// The step of a tracked job. A result longer than `maxResultBytes` is left out.
    init(_ entry: TrackedJob, maxResultBytes: Int) {
        self = FamilyRule.Step(entry).within(maxResultBytes)
    }
}

extension Transaction {
    /// The job of a row with its data in other tables, and the results of the jobs around it.
    func family(of row: JobRow) throws -> Job {
        var job = job(row)
        if row.isParent {
            let children = try firstChildren(of: job.id)
            job.children = children.ids
            job.childrenCount = children.count
        }
        guard job.parentID != nil || !job.dependsOn.isEmpty else { return job }
        try familyReader.fetch(
            (job.dependsOn + [job.parentID].compactMap { $0 }).filter { entries[$0] == nil })
        try FamilyRule.fill(&job, find: relative)
        return job
    }

    /// The first children of a job and their number, including those that the transaction stores.
    private func firstChildren(of id: JobID) throws -> (ids: [JobID], count: Int) {
        let stored = try familyReader.children(of: id)
        let new = entries.values.filter { $0.stored == nil && $0.row.job.parentID == id }.map(\.row.job.id)
        let gone = entries.values.count { $0.stored != nil && $0.isRemoved && $0.row.job.parentID == id }
        let ids = (stored.ids.filter { entries[$0]?.isRemoved != true } + new).sorted()
        return (Array(ids.prefix(RelatedJob.maxChildren)), stored.count + new.count - gone)
    }

    /// The results of a job's dependencies, as one value.
    func collected(from ids: [JobID]) throws -> JSONText {
        try familyReader.fetch(ids.filter { entries[$0] == nil })
        var writer = JSONWriter()
        writer.element(try FamilyRule.dependencies(ids, find: relative))
        return writer.text
    }

    private func relative(_ id: JobID, maxResultBytes: Int) throws -> FamilyRule.Step? {
        guard let entry = entries[id] else {
            return try familyReader.step(id, maxResultBytes: maxResultBytes)
        }
        return entry.isRemoved ? nil : FamilyRule.Step(entry, maxResultBytes: maxResultBytes)
    }
}

extension Reader {
    /// The outcomes of submissions with the jobs around each job.
    func families(of outcomes: [SubmitOutcome]) throws -> [SubmitOutcome] {
        let familyReader = FamilyReader(connection)
        var around: Set<JobID> = []
        for case .created(let job) in outcomes {
            around.formUnion(job.dependsOn + [job.parentID].compactMap { $0 })
        }
        for case .existing(let job) in outcomes {
            around.formUnion(job.dependsOn + [job.parentID].compactMap { $0 })
        }
        try familyReader.fetch(around)
        return try outcomes.map { outcome in
            try outcome.mapJob { job in
                var job = job
                if outcome.mayHaveChildren {
                    let children = try familyReader.children(of: job.id)
                    job.children = children.ids
                    job.childrenCount = children.count
                }
                try FamilyRule.fill(&job, find: familyReader.step)
                return job
            }
        }
    }

    /// The job with the results of the jobs around it.
    func family(of entry: TrackedJob) throws -> Job {
        var job = entry.job
        let familyReader = FamilyReader(connection)
        if entry.row.isParent {
            let children = try familyReader.children(of: job.id)
            job.children = children.ids
            job.childrenCount = children.count
        }
        guard job.parentID != nil || !job.dependsOn.isEmpty else { return job }
        try familyReader.fetch(job.dependsOn + [job.parentID].compactMap { $0 })
        try FamilyRule.fill(&job, find: familyReader.step)
        return job
    }
}
