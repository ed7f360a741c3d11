import LonghaulCore
import LonghaulStore

/// Reading of schedules.
extension JobLoader {
    private static let page = Query(
        "SELECT \(ScheduleRecord.columnNames) FROM schedules WHERE name > ?1 ORDER BY name LIMIT ?2")
    private static let one = Query("SELECT \(ScheduleRecord.columnNames) FROM schedules WHERE name = ?1")
    private static let due = Query(
        """
        SELECT \(ScheduleRecord.columnNames) FROM schedules INDEXED BY schedules_due
        WHERE next_run_at IS NOT NULL AND next_run_at <= ?1 ORDER BY next_run_at LIMIT ?2
        """)
    private static let head = Query(
        "SELECT min(next_run_at) FROM schedules INDEXED BY schedules_due WHERE next_run_at IS NOT NULL")

    /// A page of schedules, by name.
    func schedules(after name: String?, limit: Int) throws -> SchedulePage {
        let found = try connection.all(
            Self.page, .text(name ?? ""), .int(limit + 1), read: ScheduleRecord.init)
        return SchedulePage(found, limit: limit)
    }

    /// The schedule of this name; nil if there is none.
    func schedule(_ name: String) throws -> ScheduleRecord? {
        try connection.first(Self.one, .text(name), read: ScheduleRecord.init)
    }

    /// The schedules with a due tick.
    func dueSchedules(limit: Int) throws -> DueSchedules {
        let now = server.time.now()
        let due = try connection.all(Self.due, .time(now), .int(limit), read: ScheduleRecord.init)
        let next = try connection.first(Self.head) { $0.optionalTime(0) } ?? nil
        return DueSchedules(schedules: due, now: now, nextAt: next)
    }
}
