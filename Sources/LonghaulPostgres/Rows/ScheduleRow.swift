import LonghaulCore
import LonghaulJSON

/// A row of `schedules`.
enum ScheduleRow {
    /// The columns, in the order in which `read` reads them.
    static let columns = """
        name, revision, cron, time_zone, job, catch_up, paused, caller, created_at, updated_at, next_run_at, \
        last_run_at, last_job_id
        """

    private static let upsertion = Query(
        """
        INSERT INTO longhaul.schedules (\(columns)) VALUES ($1::text, $2::bigint, $3::text, $4::text, $5::bytea,
        $6::text, $7::boolean, $8::text, $9::bigint, $10::bigint, $11::bigint, $12::bigint, $13::uuid)
        ON CONFLICT (name) DO UPDATE SET (\(columns)) = (excluded.name, excluded.revision, excluded.cron,
        excluded.time_zone, excluded.job, excluded.catch_up, excluded.paused, excluded.caller,
        excluded.created_at, excluded.updated_at, excluded.next_run_at, excluded.last_run_at,
        excluded.last_job_id)
        """)

    /// Reads a row of a statement that selects `columns`.
    static func read(_ row: inout RowReader) throws -> ScheduleRecord {
        let name = row.text()
        let revision = row.int64()
        let spec = try spec(name, &row)
        let caller = row.text()
        let createdAt = row.time()
        var record = ScheduleRecord(
            name: name, spec: spec, caller: caller, revision: revision, createdAt: createdAt,
            updatedAt: row.time())
        record.nextRunAt = row.optionalTime()
        record.lastRunAt = row.optionalTime()
        record.lastJobID = row.optionalID()
        return record
    }

    private static func spec(_ name: String, _ row: inout RowReader) throws -> ScheduleSpec {
        let cron = row.text()
        let timeZone = row.text()
        let job = row.bytes()
        let word = row.text()
        do {
            guard let catchUp = ScheduleSpec.CatchUp(rawValue: word) else {
                throw PostgresError.corrupt("unknown catch-up policy: \(word)")
            }
            return ScheduleSpec(
                cron: try CronExpression(parsing: cron), timeZone: timeZone,
                job: try NewJob.decode(stored: job),
                catchUp: catchUp, paused: row.bool())
        } catch let error as CronError {
            throw PostgresError.corrupt("the schedule \(name): \(error)")
        } catch let error as LonghaulError {
            throw PostgresError.corrupt("the job of the schedule \(name): \(error)")
        }
    }

    /// Writes a schedule.
    static func upsert(_ record: ScheduleRecord) -> Request {
        var job = JSONWriter()
        record.spec.job.write(to: &job)
        return Request(
            upsertion, .text(record.name), .int8(record.revision), .text(record.spec.cron.description),
            .text(record.spec.timeZone), .bytea(job.bytes), .text(record.spec.catchUp.rawValue),
            .bool(record.spec.paused), .text(record.caller), .time(record.createdAt),
            .time(record.updatedAt), .time(record.nextRunAt), .time(record.lastRunAt),
            .uuid(record.lastJobID))
    }
}
