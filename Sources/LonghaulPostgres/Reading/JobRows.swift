import LonghaulCore
import LonghaulStore

/// Statements that read jobs and their data in other tables, for readers and the writer.
enum JobRows {
    private static let columns = JobTable.list("j")
    private static let plain = Query(
        "SELECT \(columns) FROM longhaul.jobs j WHERE j.id = ANY($1::uuid[]) ORDER BY j.id")
    private static let locked = Query(
        "SELECT \(columns) FROM longhaul.jobs j WHERE j.id = ANY($1::uuid[]) ORDER BY j.id FOR UPDATE")
    private static let free = Query(
        """
        SELECT \(columns) FROM longhaul.jobs j WHERE j.id = ANY($1::uuid[]) ORDER BY j.id
        FOR UPDATE SKIP LOCKED
        """)
    /// With the jobs whose journals may wait for some of them, so that one statement locks all in the order of identifiers.
    private static let lockedWithParents = Query(
        """
        SELECT \(columns) FROM longhaul.jobs j WHERE j.id = ANY($1::uuid[] || ARRAY(
            SELECT c.parent FROM longhaul.jobs c
            WHERE c.id = ANY($2::uuid[]) AND c.parent IS NOT NULL AND c.journal IS NOT NULL))
        ORDER BY j.id FOR UPDATE
        """)
    private static let summaries = Query(
        "SELECT \(JobTable.summary("j")) FROM longhaul.jobs j WHERE j.id = ANY($1::uuid[])")
    private static let faults = Query(
        """
        SELECT id, \(FaultRow.columnNames) FROM longhaul.faults WHERE id = ANY($1::uuid[]) ORDER BY id, version
        """)
    private static let artifacts = Query(
        """
        SELECT a.id, \(Artifact.columns.map { "a.\($0.name)" }.joined(separator: ", "))
        FROM longhaul.artifacts a JOIN longhaul.jobs j ON j.id = a.id AND j.fence = a.fence
        WHERE a.id = ANY($1::uuid[]) ORDER BY a.id, a.name COLLATE "C"
        """)
    private static let waiting = Query(
        """
        SELECT on_id, id FROM longhaul.dependencies WHERE on_id = ANY($1::uuid[]) AND NOT is_resolved
        ORDER BY on_id, id
        """)

    /// The lock on the rows.
    enum Locking {
        /// No lock.
        case none
        /// Waits for rows that other transactions have locked.
        case wait
        /// Skips rows that other transactions have locked.
        case skip
    }

    static func read(_ ids: [JobID], _ locking: Locking) -> Request {
        switch locking {
        case .none: Request(plain, .uuids(ids))
        case .wait: Request(locked, .uuids(ids))
        case .skip: Request(free, .uuids(ids))
        }
    }

    /// Reads jobs without payloads and results.
    static func readSummaries(_ ids: [JobID]) -> Request { Request(summaries, .uuids(ids)) }

    /// Locks jobs, and the jobs whose journals may wait for those that may end.
    static func lock(_ ids: [JobID], withParentsOf ending: [JobID]) -> Request {
        ending.isEmpty ? read(ids, .wait) : Request(lockedWithParents, .uuids(ids), .uuids(ending))
    }

    /// Decodes the result of `read`.
    static func decode(_ rows: Rows) throws -> [TrackedJob] {
        try rows.map { TrackedJob(stored: try JobRow(&$0)) }
    }

    private static let latestFaults = Query(
        """
        SELECT DISTINCT ON (id) id, \(FaultRow.columnNames) FROM longhaul.faults WHERE id = ANY($1::uuid[])
        ORDER BY id, version DESC
        """)

    /// Adds the latest error of each job that has one.
    static func fillLatestFaults(of entries: [TrackedJob], _ connection: Connection) throws {
        let faulty = Dictionary(
            entries.filter { $0.row.faultVersion > 0 }.map { ($0.row.job.id, $0) },
            uniquingKeysWith: { first, _ in first })
        guard !faulty.isEmpty else { return }
        let rows = try connection.run(Request(latestFaults, .uuids(Array(faulty.keys))))
        for index in 0..<rows.count {
            var row = rows[index]
            let id = row.id()
            faulty[id]?.faults.append(try FaultRow(&row))
        }
    }

    /// The statements that read the data of jobs in other tables.
    static func related(to entries: [JobID: TrackedJob], waiting withWaiting: Bool) -> [Request] {
        var faulty: [JobID] = []
        var filed: [JobID] = []
        var awaited: [JobID] = []
        for (id, entry) in entries {
            if entry.row.faultVersion > 0 { faulty.append(id) }
            if entry.row.artifactFence > 0 { filed.append(id) }
            if entry.row.isAwaited { awaited.append(id) }
        }
        if !withWaiting { awaited = [] }
        guard !faulty.isEmpty || !filed.isEmpty || !awaited.isEmpty else { return [] }
        return [
            Request(faults, .uuids(faulty)), Request(artifacts, .uuids(filed)),
            Request(waiting, .uuids(awaited)),
        ]
    }

    /// Adds the result of `related`.
    static func fill(_ entries: [JobID: TrackedJob], _ answers: [Rows]) throws {
        guard answers.count == 3 else { return }
        for index in 0..<answers[0].count {
            var row = answers[0][index]
            let id = row.id()
            entries[id]?.faults.append(try FaultRow(&row))
            entries[id]?.storedFaults += 1
        }
        for index in 0..<answers[1].count {
            var row = answers[1][index]
            let id = row.id()
            entries[id]?.artifacts.append(try Artifact(&row))
        }
        for index in 0..<answers[2].count {
            var row = answers[2][index]
            let id = row.id()
            entries[id]?.waiting.append(row.id())
        }
    }
}
