import LonghaulCore
import LonghaulJSON
import LonghaulStore

/// A row of `jobs`.
extension JobRow {
    /// The longest payload that lies in the row itself; a longer one would be written again with each change.
    static let longestInlinePayload = 256

    /// The columns, in the order in which `init(_:)` reads them.
    static let columns = """
        seq, id, state, queue, kind, priority, attempt, max_attempts, fence, fence_base, secret, worker_id, \
        worker_name, lease_ms, lease_expires_at, created_at, run_at, started_at, finished_at, purge_at, \
        expires_at, waiting_on, progress_percent, progress_message, fault_version, history, caller, actor, \
        parent, depends_on, retention_seconds, timeout_seconds, backoff, on_dependency_failure, tags, size, \
        callback_url, traceparent, payload, result, is_awaited, artifact_fence, \
        wait_for, collects, needed, is_parent, labels, partition_value
        """

    /// The same with nothing in place of payload and result.
    static let slimColumns = columns.replacing(" payload, result,", with: " NULL, NULL,")

    /// Reads the present row of a statement that selects `columns`.
    init(_ row: Statement) throws {
        let payload = row.optionalBlob(38)
        var spec = JobSpec(
            kind: row.text(4), payload: payload.map { JSONText(validated: $0) } ?? .null, queue: row.text(3))
        spec.priority = row.int(5)
        spec.maxAttempts = row.int(7)
        spec.expiresAt = row.optionalTime(20)
        spec.actor = row.optionalText(27)
        spec.retentionSeconds = row.double(30) < 0 ? nil : row.double(30)
        spec.timeoutSeconds = row.optionalDouble(31)
        spec.backoff = try TextCoding.backoff(orUsual: row.optionalText(32))
        spec.onDependencyFailure = try JobSpec.DependencyPolicy(code: row.int(33))
        spec.join = JoinRule(waitFor: row.optionalInt64(42).map { Int($0) }, collects: row.int(43) != 0)
        if let tags = row.optionalText(34) { spec.tags = try TextCoding.map(tags) }
        spec.size = row.optionalInt64(35)
        spec.callbackURL = row.optionalText(36)
        spec.traceparent = row.optionalText(37)
        spec.labels = try TextCoding.labels(row.text(46))

        let history = JobHistory(bytes: row.blob(25))
        var job = Job(
            id: JobID(bytes: row.blob(1)), spec: spec, state: try JobState(code: row.int(2)),
            version: history.version, caller: row.text(26), createdAt: row.time(15), runAt: row.time(16))
        job.parentID = row.optionalBlob(28).map { JobID(bytes: $0) }
        job.dependsOn = row.optionalBlob(29).map(JobID.list) ?? []
        job.attempt = row.int(6)
        job.startedAt = row.optionalTime(17)
        job.finishedAt = row.optionalTime(18)
        job.worker = row.optionalText(11).map { WorkerRef(id: $0, name: row.text(12)) }
        job.progress = row.optionalDouble(22).map { Progress(percent: $0, message: row.optionalText(23)) }
        job.result = row.optionalBlob(39).map { JSONText(validated: $0) }

        self.init(job: job)
        self.history = history
        seq = row.int64(0)
        fence = row.int(8)
        fenceBase = row.int(9)
        secret = UInt64(bitPattern: row.int64(10))
        leaseMilliseconds = row.int64(13)
        leaseExpiresAt = row.optionalTime(14)
        purgeAt = row.optionalTime(19)
        waitingOn = row.int(21)
        faultVersion = row.int(24)
        isAwaited = row.int(40) != 0
        artifactFence = row.int(41)
        needed = row.int(44)
        isParent = row.int(45) != 0
        payloadIsApart = payload == nil
        partition = row.text(47)
    }

    /// The values of every column, for a new row.
    var values: [Value] {
        let spec = job.spec
        return [
            .integer(seq), .blob(job.id.bytes), .int(job.state.code), .text(spec.queue), .text(spec.kind),
            .int(spec.priority), .int(job.attempt), .int(spec.maxAttempts), .int(fence), .int(fenceBase),
            .integer(Int64(bitPattern: secret)), .text(job.worker?.id), .text(job.worker?.name),
            .integer(leaseMilliseconds), .time(leaseExpiresAt), .time(job.createdAt), .time(job.runAt),
            .time(job.startedAt), .time(job.finishedAt), .time(purgeAt), .time(spec.expiresAt),
            .int(waitingOn), .real(job.progress?.percent), .text(job.progress?.message), .int(faultVersion),
            .blob(history.bytes), .text(job.caller), .text(spec.actor), .blob(job.parentID?.bytes),
            .blob(job.dependsOn.isEmpty ? nil : job.dependsOn.flatMap(\.bytes)),
            .real(spec.retentionSeconds ?? -1), .real(spec.timeoutSeconds),
            .text(TextCoding.encode(spec.backoff)),
            .int(spec.onDependencyFailure.code),
            .text(spec.tags.isEmpty ? nil : TextCoding.encode(spec.tags)),
            .integer(spec.size), .text(spec.callbackURL), .text(spec.traceparent),
            payloadIsApart ? .null : .blob(spec.payload.bytes), .blob(job.result?.bytes),
            .bool(isAwaited), .int(artifactFence), .int(spec.join.waitFor), .bool(spec.join.collects),
            .int(needed), .bool(isParent), .text(TextCoding.encode(labels: spec.labels)),
            .text(partition),
        ]
    }

    /// Sets the columns that change over a job's life; see `changeableValues`.
    static let update = Query(
        """
        UPDATE jobs SET state = ?2, attempt = ?3, fence = ?4, fence_base = ?5, secret = ?6, worker_id = ?7, \
        worker_name = ?8, lease_ms = ?9, lease_expires_at = ?10, run_at = ?11, started_at = ?12, \
        finished_at = ?13, purge_at = ?14, waiting_on = ?15, progress_percent = ?16, \
        progress_message = ?17, fault_version = ?18, history = ?19, result = ?20, is_awaited = ?21, \
        artifact_fence = ?22, needed = ?23, partition_value = ?24 WHERE seq = ?1
        """)

    /// The parameters of `update`.
    var changeableValues: [Value] {
        [
            .integer(seq), .int(job.state.code), .int(job.attempt), .int(fence), .int(fenceBase),
            .integer(Int64(bitPattern: secret)), .text(job.worker?.id), .text(job.worker?.name),
            .integer(leaseMilliseconds), .time(leaseExpiresAt), .time(job.runAt), .time(job.startedAt),
            .time(job.finishedAt), .time(purgeAt), .int(waitingOn), .real(job.progress?.percent),
            .text(job.progress?.message), .int(faultVersion), .blob(history.bytes), .blob(job.result?.bytes),
            .bool(isAwaited), .int(artifactFence), .int(needed), .text(partition),
        ]
    }

    static let insert = Query(
        "INSERT INTO jobs (\(columns)) VALUES "
            + "(\((1...48).map { "?\($0)" }.joined(separator: ", ")))")
}
