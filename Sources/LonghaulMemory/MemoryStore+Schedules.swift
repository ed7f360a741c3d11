public import LonghaulCore
import LonghaulStoreRules

/// Schedules.
extension MemoryStore {
    /// A page of schedules, by name.
    public func schedules(after name: String?, limit: Int) async throws -> SchedulePage {
        let found = try read().schedules.values.filter { $0.name > name ?? "" }
            .sorted { $0.name < $1.name }
        return SchedulePage(schedules: Array(found.prefix(limit)), hasMore: found.count > limit)
    }

    /// The schedule of this name; nil if there is none.
    public func schedule(_ name: String) async throws -> ScheduleRecord? {
        try read().schedules[name]
    }

    /// Sets a schedule.
    public func putSchedule(
        _ name: String, _ spec: ScheduleSpec, caller: String, firstRunAt: Timestamp?
    ) async throws -> ScheduleRecord {
        try write { try $0.putSchedule(name, spec, caller: caller, firstRunAt: firstRunAt) }
    }

    /// Removes a schedule.
    public func deleteSchedule(_ name: String) async throws -> Bool {
        try write { $0.base.tables.schedules.removeValue(forKey: name) != nil }
    }

    /// The schedules that are due.
    public func dueSchedules(limit: Int) async throws -> DueSchedules {
        let now = database.time.now()
        let ticking = try read().schedules.values.filter { $0.nextRunAt != nil }
            .sorted { ($0.nextRunAt ?? now, $0.name) < ($1.nextRunAt ?? now, $1.name) }
        let due = ticking.prefix { $0.nextRunAt.map { $0 <= now } ?? false }
        return DueSchedules(
            schedules: Array(due.prefix(limit)), now: now, nextAt: ticking.first?.nextRunAt)
    }

    /// Fires a schedule once.
    public func fireSchedule(_ firing: ScheduleFiring) async throws -> ScheduleOutcome {
        try write { try $0.fireSchedule(firing) }
    }
}
