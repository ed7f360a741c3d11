import LonghaulCore
import LonghaulStore

/// Schedules.
extension Transaction {
    private static let replace = ScheduleRecord.replacement(into: "schedules")
    private static let delete = Query("DELETE FROM schedules WHERE name = ?1")

    func schedule(_ name: String) throws -> ScheduleRecord? {
        try loader.schedule(name)
    }

    func upsert(_ record: ScheduleRecord) throws {
        try connection.run(Self.replace, record.values)
    }

    func removeSchedule(_ name: String) throws -> Bool {
        try connection.run(Self.delete, .text(name))
        return connection.changedRows > 0
    }
}
