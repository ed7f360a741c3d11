import LonghaulCore
import LonghaulStore

/// Schedules.
extension Transaction {
    private static let delete = Query("DELETE FROM schedules WHERE name = ?1")

    func schedule(_ name: String) throws -> ScheduleRecord? {
        try loader.schedule(name)
    }

    func upsert(_ record: ScheduleRecord) throws {
        try connection.run(ScheduleRow.upsert, ScheduleRow.values(of: record))
    }

    func deleteSchedule(_ name: String) throws -> Bool {
        try connection.run(Self.delete, .text(name))
        return connection.changedRows > 0
    }
}
