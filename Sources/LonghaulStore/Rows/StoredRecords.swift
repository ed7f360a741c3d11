package import LonghaulCore
import LonghaulJSON

extension FaultRow: StoredRecord {
    package static func blank() -> FaultRow {
        FaultRow(
            version: 0, fence: 0, attempt: 0, at: Timestamp(milliseconds: 0),
            error: JobError(type: "", message: ""))
    }

    package static let columns: [Column<FaultRow>] = [
        Column("version", .integer, { .int($0.version) }) { $0.version = $1.int },
        Column("fence", .integer, { .int($0.fence) }) { $0.fence = $1.int },
        Column("attempt", .integer, { .int($0.attempt) }) { $0.attempt = $1.int },
        Column("worker_id", .text, { .text($0.worker?.id) }) {
            $0.worker = $1.optionalText.map { WorkerRef(id: $0, name: "") }
        },
        Column("worker_name", .text, { .text($0.worker?.name) }) { $0.worker?.name = $1.text },
        Column("started_at", .integer, { .time($0.startedAt) }) { $0.startedAt = $1.optionalTime },
        Column("at", .integer, { .time($0.at) }) { $0.at = $1.time },
        Column("type", .text, { .text($0.error.type) }) { $0.error.type = $1.text },
        Column("message", .text, { .text($0.error.message) }) { $0.error.message = $1.text },
        Column("details", .blob, { .blob($0.error.details?.bytes) }) { $0.error.details = $1.optionalJSON },
        Column("retryable", .bool, { .bool($0.error.retryable) }) { $0.error.retryable = $1.bool },
    ]
}

extension QueueSample: StoredRecord {
    package static func blank() -> QueueSample {
        QueueSample(queue: "", at: Timestamp(milliseconds: 0), depth: 0)
    }

    package static let columns: [Column<QueueSample>] = [
        Column("at", .integer, { .time($0.at) }) { $0.at = $1.time },
        Column("queue", .text, { .text($0.queue) }) { $0.queue = $1.text },
        Column("depth", .integer, { .int($0.depth) }) { $0.depth = $1.int },
        Column("enqueued", .integer, { .int($0.enqueued) }) { $0.enqueued = $1.int },
        Column("finished", .integer, { .int($0.finished) }) { $0.finished = $1.int },
        Column("failed", .integer, { .int($0.failed) }) { $0.failed = $1.int },
        Column("wait_p50", .real, { .real($0.waitP50) }) { $0.waitP50 = $1.optionalDouble },
        Column("wait_p95", .real, { .real($0.waitP95) }) { $0.waitP95 = $1.optionalDouble },
        Column("run_p50", .real, { .real($0.runP50) }) { $0.runP50 = $1.optionalDouble },
        Column("run_p95", .real, { .real($0.runP95) }) { $0.runP95 = $1.optionalDouble },
    ]
}

extension WorkerRecord: StoredRecord {
    package static func blank() -> WorkerRecord {
        WorkerRecord(
            info: WorkerInfo(id: "", name: ""), queues: [], kinds: [], leaseSeconds: 0,
            firstSeenAt: Timestamp(milliseconds: 0), lastSeenAt: Timestamp(milliseconds: 0))
    }

    package static let columns: [Column<WorkerRecord>] = [
        Column("id", .text, { .text($0.info.id) }) { $0.info.id = $1.text },
        Column("name", .text, { .text($0.info.name) }) { $0.info.name = $1.text },
        Column("labels", .text, { .text(TextCoding.encode($0.info.labels)) }) {
            $0.info.labels = try TextCoding.map($1.text)
        },
        Column("queues", .text, { .text(TextCoding.encode($0.queues)) }) {
            $0.queues = try TextCoding.list($1.text)
        },
        Column("kinds", .text, { .text(TextCoding.encode($0.kinds)) }) {
            $0.kinds = try TextCoding.list($1.text)
        },
        Column("lease_seconds", .real, { .real($0.leaseSeconds) }) {
            $0.leaseSeconds = $1.optionalDouble ?? 0
        },
        Column("first_seen_at", .integer, { .time($0.firstSeenAt) }) { $0.firstSeenAt = $1.time },
        Column("last_seen_at", .integer, { .time($0.lastSeenAt) }) { $0.lastSeenAt = $1.time },
        Column("heartbeat_seconds", .real, { .real($0.info.heartbeatIntervalSeconds) }) {
            $0.info.heartbeatIntervalSeconds = $1.optionalDouble
        },
    ]
}

extension ScheduleRecord: StoredRecord {
    package static func blank() throws -> ScheduleRecord {
        ScheduleRecord(
            name: "",
            spec: ScheduleSpec(
                cron: try CronExpression(parsing: "* * * * *"), timeZone: "", job: NewJob(JobSpec(kind: "")),
                catchUp: .last, paused: false),
            caller: "", revision: 0, createdAt: Timestamp(milliseconds: 0),
            updatedAt: Timestamp(milliseconds: 0))
    }

    package static let columns: [Column<ScheduleRecord>] = [
        Column("name", .text, { .text($0.name) }) { $0.name = $1.text },
        Column("revision", .integer, { .integer($0.revision) }) { $0.revision = $1.int64 },
        Column("cron", .text, { .text($0.spec.cron.description) }) { record, value in
            record.spec.cron = try record.decoding("cron") { try CronExpression(parsing: value.text) }
        },
        Column("time_zone", .text, { .text($0.spec.timeZone) }) { $0.spec.timeZone = $1.text },
        Column("job", .blob, { .blob(encoded($0.spec.job)) }) { record, value in
            record.spec.job = try record.decoding("job") { try NewJob.decode(stored: value.blob) }
        },
        Column("catch_up", .text, { .text($0.spec.catchUp.rawValue) }) { record, value in
            guard let catchUp = ScheduleSpec.CatchUp(rawValue: value.text) else {
                throw CorruptValue("the schedule \(record.name): unknown catch-up policy \(value.text)")
            }
            record.spec.catchUp = catchUp
        },
        Column("paused", .bool, { .bool($0.spec.paused) }) { $0.spec.paused = $1.bool },
        Column("caller", .text, { .text($0.caller) }) { $0.caller = $1.text },
        Column("created_at", .integer, { .time($0.createdAt) }) { $0.createdAt = $1.time },
        Column("updated_at", .integer, { .time($0.updatedAt) }) { $0.updatedAt = $1.time },
        Column("next_run_at", .integer, { .time($0.nextRunAt) }) { $0.nextRunAt = $1.optionalTime },
        Column("last_run_at", .integer, { .time($0.lastRunAt) }) { $0.lastRunAt = $1.optionalTime },
        Column("last_job_id", .id, { .id($0.lastJobID) }) { $0.lastJobID = $1.optionalID },
    ]

    private static func encoded(_ job: NewJob) -> [UInt8] {
        var writer = JSONWriter()
        job.write(to: &writer)
        return writer.bytes
    }

    private func decoding<Value>(_ column: String, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch {
            throw CorruptValue("the \(column) of the schedule \(name): \(error)")
        }
    }
}
