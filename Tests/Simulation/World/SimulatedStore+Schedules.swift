import LonghaulCore
import LonghaulMemory
import LonghaulStore

/// Schedules: the auditor looks at the jobs of their ticks.
extension SimulatedStore {
    func schedules(after name: String?, limit: Int) async throws -> SchedulePage {
        try await read("schedules") { try await inner.schedules(after: name, limit: limit) }
    }

    func schedule(_ name: String) async throws -> ScheduleRecord? {
        try await read("schedule") { try await inner.schedule(name) }
    }

    func putSchedule(
        _ name: String, _ spec: ScheduleSpec, caller: String, firstRunAt: Timestamp?
    ) async throws -> ScheduleRecord {
        try await write("put schedule") {
            try await inner.putSchedule(name, spec, caller: caller, firstRunAt: firstRunAt)
        }
    }

    func deleteSchedule(_ name: String) async throws -> Bool {
        try await write("delete schedule") { try await inner.deleteSchedule(name) }
    }

    func dueSchedules(limit: Int) async throws -> DueSchedules {
        try await read("due schedules") { try await inner.dueSchedules(limit: limit) }
    }

    func fireSchedule(_ firing: ScheduleFiring) async throws -> ScheduleOutcome {
        try await write("fire schedule") {
            if let submission = firing.submission { world.auditor.willSubmit([submission], isBounded: true) }
            let outcome = try await flawedFire(firing)
            if let submission = firing.submission, case .done(let submitted?) = outcome {
                world.auditor.submitted([submission], [submitted])
                world.auditor.ticked(submission)
            }
            return outcome
        }
    }
}
