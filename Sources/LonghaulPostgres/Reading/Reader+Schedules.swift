import LonghaulCore
import LonghaulStore

/// Reading of schedules.
extension Reader {
    private static let page = Query(
        """
        SELECT \(ScheduleRecord.columnNames) FROM longhaul.schedules WHERE name COLLATE "C" > $1::text
        ORDER BY name COLLATE "C" LIMIT $2::bigint
        """)
    private static let one = Query(
        "SELECT \(ScheduleRecord.columnNames) FROM longhaul.schedules WHERE name = $1::text")
    private static let due = Query(
        """
        SELECT \(ScheduleRecord.columnNames) FROM longhaul.schedules
        WHERE next_run_at <= $1::bigint ORDER BY next_run_at LIMIT $2::bigint
        """)
    private static let head = Query("SELECT min(next_run_at) FROM longhaul.schedules")

    /// A page of schedules, by name.
    func schedules(after name: String?, limit: Int) throws -> SchedulePage {
        let found = try connection.run(Request(Self.page, .text(name ?? ""), .int8(limit + 1)))
            .map { try ScheduleRecord(&$0) }
        return SchedulePage(found, limit: limit)
    }

    /// The schedule of this name; nil if there is none.
    func schedule(_ name: String) throws -> ScheduleRecord? {
        try connection.run(Request(Self.one, .text(name))).map { try ScheduleRecord(&$0) }.first
    }

    /// The schedules with a due tick.
    func dueSchedules(limit: Int) throws -> DueSchedules {
        let now = try now()
        let answers = try see([Request(Self.due, .time(now), .int8(limit)), Request(Self.head)])
        var next = answers[1].first
        return DueSchedules(
            schedules: try answers[0].map { try ScheduleRecord(&$0) }, now: now, nextAt: next?.optionalTime())
    }
}
