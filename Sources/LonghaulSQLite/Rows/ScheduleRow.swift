import LonghaulCore
import LonghaulJSON
import LonghaulStore

/// A row of `schedules`.
enum ScheduleRow {
    static let columns = """
        name, revision, cron, time_zone, job, catch_up, paused, caller, created_at, updated_at, next_run_at, \
        last_run_at, last_job_id
        """

    static let upsert = Query(
        "INSERT OR REPLACE INTO schedules (\(columns)) VALUES "
            + "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)")

    /// Reads the current row of a statement that selects `columns`.
    static func read(_ row: Statement) throws -> ScheduleRecord {
        var record = ScheduleRecord(
            name: row.text(0), spec: try spec(row), caller: row.text(7), revision: row.int64(1),
            createdAt: row.time(8), updatedAt: row.time(9))
        record.nextRunAt = row.optionalTime(10)
        record.lastRunAt = row.optionalTime(11)
        record.lastJobID = row.optionalBlob(12).map { JobID(bytes: $0) }
        return record
    }

    private static func spec(_ row: Statement) throws -> ScheduleSpec {
        do {
            guard let catchUp = ScheduleSpec.CatchUp(rawValue: row.text(5)) else {
                throw DatabaseError(corrupt: "unknown catch-up policy: \(row.text(5))")
            }
            return ScheduleSpec(
                cron: try CronExpression(parsing: row.text(2)), timeZone: row.text(3),
                job: try NewJob.decode(stored: row.blob(4)), catchUp: catchUp, paused: row.int(6) != 0)
        } catch let error as CronError {
            throw DatabaseError(corrupt: "the schedule \(row.text(0)): \(error)")
        } catch let error as LonghaulError {
            throw DatabaseError(corrupt: "the job of the schedule \(row.text(0)): \(error)")
        }
    }

    /// The parameters of `upsert`.
    static func values(of record: ScheduleRecord) -> [ColumnValue] {
        var job = JSONWriter()
        record.spec.job.write(to: &job)
        return [
            .text(record.name), .integer(record.revision), .text(record.spec.cron.description),
            .text(record.spec.timeZone), .blob(job.bytes), .text(record.spec.catchUp.rawValue),
            .bool(record.spec.paused), .text(record.caller), .time(record.createdAt),
            .time(record.updatedAt), .time(record.nextRunAt), .time(record.lastRunAt),
            .blob(record.lastJobID?.bytes),
        ]
    }
}
