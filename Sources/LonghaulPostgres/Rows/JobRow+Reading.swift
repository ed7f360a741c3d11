import LonghaulCore
import LonghaulJSON
import LonghaulStore

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
