public import LonghaulCore
import LonghaulStoreRules

/// Schedules.
extension PostgresStore {
    /// A page of schedules, by name.
    public func schedules(after name: String?, limit: Int) async throws -> SchedulePage {
        try await read { try $0.schedules(after: name, limit: limit) }
    }

    /// The schedule of this name; nil if there is none.
    public func schedule(_ name: String) async throws -> ScheduleRecord? {
        try await read { try $0.schedule(name) }
    }

    /// Sets a schedule.
    public func putSchedule(
        _ name: String, _ spec: ScheduleSpec, caller: String, firstRunAt: Timestamp?
    ) async throws -> ScheduleRecord {
        try await write { transaction in
            transaction.hasSet = true
            return try transaction.putSchedule(name, spec, caller: caller, firstRunAt: firstRunAt)
        }
    }

    /// Removes a schedule.
    public func deleteSchedule(_ name: String) async throws -> Bool {
        try await write { try $0.deleteSchedule(name) }
    }

    /// The schedules whose tick has come.
    public func dueSchedules(limit: Int) async throws -> DueSchedules {
        try await read { try $0.dueSchedules(limit: limit) }
    }

    /// Does a tick once.
    public func fireSchedule(_ firing: ScheduleFiring) async throws -> ScheduleOutcome {
        try await write { try $0.fireSchedule(firing) }
    }
}
