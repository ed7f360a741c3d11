package import LonghaulCore
import LonghaulStore

/// Schedules.
extension MemoryReader {
    package func schedules(after name: String?, limit: Int) -> SchedulePage {
        let found = tables.schedules.values.filter { $0.name > name ?? "" }
            .sorted { $0.name < $1.name }
        return SchedulePage(found, limit: limit)
    }

    package func schedule(_ name: String) -> ScheduleRecord? { tables.schedules[name] }

    package func dueSchedules(limit: Int) -> DueSchedules {
        let now = clock.now
        let ticking = tables.schedules.values.filter { $0.nextRunAt != nil }
            .sorted { ($0.nextRunAt ?? now, $0.name) < ($1.nextRunAt ?? now, $1.name) }
        let due = ticking.prefix { $0.nextRunAt.map { $0 <= now } ?? false }
        return DueSchedules(
            schedules: Array(due.prefix(limit)), now: now, nextAt: ticking.first?.nextRunAt)
    }
}
