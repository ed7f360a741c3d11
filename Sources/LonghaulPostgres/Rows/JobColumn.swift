import LonghaulCore
import LonghaulJSON
import LonghaulStoreRules

/// A column of `jobs`: how it is written. `JobRow.init(_:)` reads the columns in the same order.
struct JobColumn: Sendable {
    let name: String
    let type: ColumnType
    /// Whether it may change after the job was stored.
    let changes: Bool
    let write: @Sendable (JobRow, inout ArrayParameter) -> Void

    private static func kept(
        _ name: String, _ type: ColumnType,
        _ write: @escaping @Sendable (JobRow, inout ArrayParameter) -> Void
    ) -> JobColumn {
        JobColumn(name: name, type: type, changes: false, write: write)
    }

    private static func changing(
        _ name: String, _ type: ColumnType,
        _ write: @escaping @Sendable (JobRow, inout ArrayParameter) -> Void
    ) -> JobColumn {
        JobColumn(name: name, type: type, changes: true, write: write)
    }

    /// What was asked for, and stays.
    private static let specification: [JobColumn] = [
        kept("id", .uuid) { $1.append($0.job.id) },
        kept("queue", .text) { $1.append($0.job.spec.queue) },
        kept("kind", .text) { $1.append($0.job.spec.kind) },
        kept("priority", .int2) { $1.append($0.job.spec.priority) },
        kept("max_attempts", .int4) { $1.append($0.job.spec.maxAttempts) },
        kept("created_at", .int8) { $1.append($0.job.createdAt) },
        kept("expires_at", .int8) { $1.append($0.job.spec.expiresAt) },
        kept("retention_seconds", .float8) { $1.append($0.job.spec.retentionSeconds) },
        kept("caller", .text) { $1.append($0.job.caller) },
        kept("actor", .text) { $1.append($0.job.spec.actor) },
        kept("parent", .uuid) { $1.append($0.job.parentID) },
        kept("extra", .text) { $1.append(JobExtra.encode($0.job)) },
        kept("payload", .bytea) { $1.append($0.job.spec.payload.bytes) },
    ]

    /// Where it stands.
    private static let standing: [JobColumn] = [
        changing("state", .int2) { $1.append($0.job.state.code) },
        changing("attempt", .int4) { $1.append($0.job.attempt) },
        changing("run_at", .int8) { $1.append($0.job.runAt) },
        changing("started_at", .int8) { $1.append($0.job.startedAt) },
        changing("finished_at", .int8) { $1.append($0.job.finishedAt) },
        changing("purge_at", .int8) { $1.append($0.purgeAt) },
        changing("waiting_on", .int4) { $1.append($0.waitingOn) },
        changing("needed", .int4) { $1.append($0.needed) },
        changing("is_parent", .bool) { $1.append($0.isParent) },
        changing("is_awaited", .bool) { $1.append($0.isAwaited) },
        changing("history", .bytea) { $1.append($0.history.bytes) },
        changing("lane", .int4) { $1.append($0.place?.lane) },
        changing("pos", .int8) { $1.append($0.place?.position) },
        changing("due", .int8) { $1.append($0.due) },
        changing("fault_version", .int4) { $1.append($0.faultVersion) },
        changing("fingerprint", .text) { $1.append($0.job.fingerprint) },
        changing("result", .bytea) { $1.append($0.job.result?.bytes) },
    ]

    /// Its leases.
    private static let leasing: [JobColumn] = [
        changing("fence", .int8) { $1.append($0.fence) },
        changing("fence_base", .int8) { $1.append($0.fenceBase) },
        changing("secret", .int8) { $1.append(Int64(bitPattern: $0.secret)) },
        changing("lease_ms", .int8) { $1.append($0.leaseMilliseconds) },
        changing("lease_expires_at", .int8) { $1.append($0.leaseExpiresAt) },
        changing("worker_id", .text) { $1.append($0.job.worker?.id) },
        changing("worker_name", .text) { $1.append($0.job.worker?.name) },
        changing("progress_percent", .float8) { $1.append($0.job.progress?.percent) },
        changing("progress_message", .text) { $1.append($0.job.progress?.message) },
        changing("artifact_fence", .int8) { $1.append($0.artifactFence) },
    ]

    /// Every column.
    static let all = specification + standing + leasing
    private static let changeable = all.filter(\.changes)

    /// The columns by name, as a statement lists them, of the table or alias `table`.
    static func list(_ table: String) -> String {
        all.map { "\(table).\($0.name)" }.joined(separator: ", ")
    }

    private static func unnested(_ columns: [JobColumn]) -> String {
        columns.enumerated().map { "$\($0.offset + 1)::\($0.element.type.name)[]" }.joined(separator: ", ")
    }

    private static let insertion = Query(
        """
        INSERT INTO longhaul.jobs (\(all.map(\.name).joined(separator: ", ")))
        SELECT * FROM unnest(\(unnested(all)))
        """)

    private static let change = Query(
        """
        UPDATE longhaul.jobs j SET \(changeable.map { "\($0.name) = n.\($0.name)" }.joined(separator: ", "))
        FROM unnest(\(unnested([all[0]] + changeable)))
        AS n (id, \(changeable.map(\.name).joined(separator: ", "))) WHERE j.id = n.id
        """)

    /// Stores new rows.
    static func insert(_ rows: [JobRow]) -> Request {
        Request(insertion, parameters(all, of: rows))
    }

    /// Writes what may have changed of stored rows.
    static func update(_ rows: [JobRow]) -> Request {
        Request(change, parameters([all[0]] + changeable, of: rows))
    }

    private static func parameters(_ columns: [JobColumn], of rows: [JobRow]) -> [Parameter] {
        var lists = columns.map { ArrayParameter($0.type) }
        // Row by row: each is large, and would be retained anew for each column.
        for row in rows {
            for index in columns.indices { columns[index].write(row, &lists[index]) }
        }
        return lists.map(\.parameter)
    }
}

extension JobRow {
    /// Reads a row of a statement that selects `JobColumn.list`.
    init(_ row: inout RowReader) throws {
        let id = row.id()
        let queue = row.text()
        var spec = JobSpec(kind: row.text(), queue: queue)
        spec.priority = row.int()
        spec.maxAttempts = row.int()
        let createdAt = row.time()
        spec.expiresAt = row.optionalTime()
        spec.retentionSeconds = row.optionalDouble()
        let caller = row.text()
        spec.actor = row.optionalText()
        let parentID = row.optionalID()
        let extra = row.optionalText()
        spec.payload = row.optionalJSON() ?? .null
        self.init(
            job: Job(
                id: id, spec: spec, state: try JobState(code: row.int()), caller: caller,
                createdAt: createdAt, runAt: createdAt))
        job.parentID = parentID
        if let extra { try JobExtra.decode(extra, into: &job) }
        try readStanding(&row)
        readLeasing(&row)
    }

    private mutating func readStanding(_ row: inout RowReader) throws {
        job.attempt = row.int()
        job.runAt = row.time()
        job.startedAt = row.optionalTime()
        job.finishedAt = row.optionalTime()
        purgeAt = row.optionalTime()
        waitingOn = row.int()
        needed = row.int()
        isParent = row.bool()
        isAwaited = row.bool()
        history = JobHistory(bytes: row.bytes())
        job.version = history.version
        let lane = row.optionalInt()
        let position = row.int64()
        place = lane.map { PendingPlace(lane: $0, position: position) }
        due = row.optionalTime()
        faultVersion = row.int()
        job.fingerprint = row.optionalText()
        job.result = row.optionalJSON()
    }

    private mutating func readLeasing(_ row: inout RowReader) {
        fence = row.int()
        fenceBase = row.int()
        secret = UInt64(bitPattern: row.int64())
        leaseMilliseconds = row.int64()
        leaseExpiresAt = row.optionalTime()
        let worker = row.optionalText()
        let name = row.text()
        job.worker = worker.map { WorkerRef(id: $0, name: name) }
        let percent = row.optionalDouble()
        let message = row.optionalText()
        job.progress = percent.map { Progress(percent: $0, message: message) }
        artifactFence = row.int()
    }
}
