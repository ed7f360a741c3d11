public import LonghaulCore
import LonghaulHTTP
import LonghaulJSON

extension LonghaulClient {
    private static func path(_ name: String) -> String { "/v1/schedules/" + PathSegment.encode(name) }

    /// All schedules, by name.
    public func schedules() async throws -> [ScheduleRecord] {
        try await all("/v1/schedules")
    }

    /// One schedule.
    public func schedule(_ name: String) async throws -> ScheduleRecord {
        try ScheduleRecord.decode(answer: try await send("GET", Self.path(name)).body)
    }

    /// Sets a schedule. Creates it if it does not exist.
    public func putSchedule(_ name: String, _ spec: ScheduleSpec) async throws -> ScheduleRecord {
        try ScheduleRecord.decode(answer: try await send("PUT", Self.path(name), json: spec).body)
    }

    /// Removes a schedule. Its jobs remain.
    public func deleteSchedule(_ name: String) async throws {
        _ = try await send("DELETE", Self.path(name))
    }

    /// Submits a job of the schedule now, without an effect on its ticks.
    public func runSchedule(_ name: String) async throws -> Job {
        try Job.decode(answer: try await send("POST", Self.path(name) + "/run").body)
    }

    /// Pauses or resumes a schedule.
    public func pauseSchedule(_ name: String, _ paused: Bool) async throws -> ScheduleRecord {
        let call = paused ? "/pause" : "/resume"
        return try ScheduleRecord.decode(answer: try await send("POST", Self.path(name) + call).body)
    }
}
