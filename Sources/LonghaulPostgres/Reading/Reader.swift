import LonghaulCore
import LonghaulStore

/// Reads on the connection of the calling thread. Statements sent together see one state of the database.
struct Reader: StoreReader {
    let connection: Connection
    /// The time source; nil for the database's clock.
    let clock: (any TimeSource)?
    let outages: Outages
    let registry: WorkerRegistry

    private static let begin = Query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    private static let end = Query("COMMIT")
    private static let moment = Query(
        "SELECT coalesce($1::bigint, (extract(epoch FROM clock_timestamp()) * 1000)::bigint)")

    /// Runs statements on one state of the database.
    func see(_ requests: [Request]) throws -> [Rows] {
        guard requests.count > 1 else { return try connection.run(requests) }
        return Array(
            try connection.run([Request(Self.begin)] + requests + [Request(Self.end)])[1...requests.count])
    }

    /// Runs a body on one state of the database.
    func steadily<Value>(_ body: () throws -> Value) throws -> Value {
        try connection.run(Request(Self.begin))
        do {
            let value = try body()
            try connection.run(Request(Self.end))
            return value
        } catch {
            if !connection.isBroken { try connection.run(Request(Self.end)) }
            throw error
        }
    }

    func checkReady() throws { _ = try now() }

    /// The current time.
    func now() throws -> Timestamp {
        if let clock { return clock.now() }
        var row = try connection.run(Request(Self.moment, .null)).first
        return row?.time() ?? Timestamp(milliseconds: 0)
    }

    /// Jobs with their data in other tables.
    func entries(_ ids: [JobID]) throws -> [JobID: TrackedJob] {
        try steadily { try unsteadyEntries(ids) }
    }

    private func unsteadyEntries(_ ids: [JobID]) throws -> [JobID: TrackedJob] {
        var found: [JobID: TrackedJob] = [:]
        for entry in try JobRows.decode(connection.run(JobRows.read(ids, .none))) {
            found[entry.row.job.id] = entry
        }
        let related = JobRows.related(to: found, waiting: false)
        if !related.isEmpty { try JobRows.fill(found, connection.run(related)) }
        return found
    }

    /// Adds the data in other tables to rows.
    func complete(_ rows: Rows) throws -> [TrackedJob] {
        let entries = try JobRows.decode(rows)
        var found: [JobID: TrackedJob] = [:]
        for entry in entries { found[entry.row.job.id] = entry }
        let related = JobRows.related(to: found, waiting: false)
        if !related.isEmpty { try JobRows.fill(found, connection.run(related)) }
        return entries
    }

    /// The job; nil if it does not exist.
    func job(_ id: JobID) throws -> Job? {
        try steadily { try unsteadyEntries([id])[id].map(family) }
    }

    /// The row of a job; nil if it does not exist.
    func row(_ id: JobID) throws -> JobRow? {
        try JobRows.decode(connection.run(JobRows.read([id], .none))).first?.row
    }

    func outlines(of ids: [JobID]) throws -> [JobOutline] {
        let rows = try JobRows.decode(see([JobRows.readSummaries(ids)])[0])
        let found = Dictionary(uniqueKeysWithValues: rows.map { ($0.row.job.id, JobOutline($0.row.job)) })
        return ids.compactMap { found[$0] }
    }

    /// The row of the job that a token holds.
    ///
    /// - Throws: `lease_lost` unless its lease is the job's current one.
    func held(by token: LeaseToken) throws -> JobRow {
        try held(by: token, see(reading(token)))
    }

    /// The statements whose result `held` decodes.
    private func reading(_ token: LeaseToken) -> [Request] {
        [Request(Self.moment, .time(clock?.now())), JobRows.read([token.jobID], .none)]
    }

    private func held(by token: LeaseToken, _ answers: [Rows]) throws -> JobRow {
        var moment = answers[0].first
        let leaseClock = outages.clock(
            at: moment?.time() ?? Timestamp(milliseconds: 0), steadySeconds: clock.steadySeconds)
        guard let row = try JobRows.decode(answers[1]).first?.row, row.isHeld(by: token, at: leaseClock)
        else { throw LonghaulError.leaseLost }
        return row
    }

    func journal(_ token: LeaseToken, after number: Int64, limit: Int) throws -> JournalPage {
        // In one round trip, because a worker waits for it before it continues with a job.
        let page = JournalQueries.pages(
            of: [token.jobID], after: number, limit: limit, maxBytes: JournalPage.maxBytes)
        let answers = try see(reading(token) + [page])
        let row = try held(by: token, answers)
        return JournalPage(try operations(answers[2]), of: row)
    }

    private static let lines = Query(
        """
        SELECT \(StoredLogLine.columnNames) FROM longhaul.logs
        WHERE id = $1::uuid AND number > $2::bigint ORDER BY number LIMIT $3::bigint
        """)

    func operation(of row: JobRow, id: String) throws -> JournalOperation? {
        try connection.run(JournalQueries.operation(id, of: row.job.id)).map { try JournalOperation(&$0) }
            .first
    }

    func operations(
        of row: JobRow, after number: Int64, limit: Int, maxBytes: Int64
    ) throws -> [JournalOperation] {
        try operations(
            connection.run(
                JournalQueries.pages(of: [row.job.id], after: number, limit: limit, maxBytes: maxBytes)))
    }

    func waitCounts() throws -> [OperationType: Int] {
        let counts = try connection.run(JournalQueries.waits).map { ($0.text(), $0.int()) }
        return counts.reduce(into: [:]) { found, count in
            if let type = OperationType(rawValue: count.0) { found[type] = count.1 }
        }
    }

    /// Decodes the result of ``JournalQueries/pages(of:after:limit:maxBytes:)`` for one job.
    private func operations(_ rows: Rows) throws -> [JournalOperation] {
        try rows.map { row in
            _ = row.id()
            return try JournalOperation(&row)
        }
    }

    func artifactUsage(of row: JobRow, besides name: String) throws -> AttachmentUsage {
        try AttachmentQueries.artifacts(of: row, besides: [name], connection)
    }

    func jobs(
        _ filter: JobFilter, after cursor: JobCursor?, limit: Int, reading: JobReading
    ) throws -> JobPage {
        try JobList(reader: self, filter: filter).page(after: cursor, limit: limit, reading: reading)
    }

    func jobIDs(_ filter: JobFilter, after cursor: JobCursor?, limit: Int) throws -> JobIDPage {
        try JobList(reader: self, filter: filter).identifiers(after: cursor, limit: limit)
    }

    /// A job's log lines after a number.
    func logs(_ id: JobID, after number: Int64, limit: Int) throws -> [StoredLogLine]? {
        let answers = try see([
            JobRows.read([id], .none), Request(Self.lines, .uuid(id), .int8(number), .int8(limit)),
        ])
        guard answers[0].count > 0 else { return nil }
        return try answers[1].map { try StoredLogLine(&$0) }
    }

    private static let fileNames = Query(
        "SELECT id, fence, name FROM longhaul.artifacts WHERE id = ANY($1::uuid[])")

    func artifactOwners(_ attempts: [ArtifactFolder]) throws -> [ArtifactFolder: ArtifactOwner] {
        let ids = Array(Set(attempts.map(\.jobID)))
        let answers = try see([JobRows.read(ids, .none), Request(Self.fileNames, .uuids(ids))])
        let rows = Dictionary(
            uniqueKeysWithValues: try JobRows.decode(answers[0]).map { ($0.row.job.id, $0.row) })
        var files: [ArtifactFolder: Set<String>] = [:]
        for (folder, name) in answers[1].map({ row in
            (ArtifactFolder(jobID: row.id(), fence: row.int()), row.text())
        }) {
            files[folder, default: []].insert(name)
        }
        var owners: [ArtifactFolder: ArtifactOwner] = [:]
        for attempt in attempts {
            owners[attempt] = rows[attempt.jobID]?.owner(of: attempt) { files[attempt] ?? [] }
        }
        return owners
    }
}
