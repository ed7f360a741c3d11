import LonghaulCore
import LonghaulEngine
import LonghaulHTTP
import LonghaulJSON

/// The routes of schedules.
struct ScheduleRoutes: RouteGroup {
    let context: APIContext

    var routes: [Route] {
        [
            Route(
                method: "GET", pattern: "/v1/schedules", operation: "listSchedules", tag: .schedules,
                access: .scope(.jobsRead),
                summary: "The schedules, by name.",
                description: "A page of schedules by name.",
                query: QueryParameter.page(cursor: "^s1\\.[A-Za-z0-9._-]{1,100}$"),
                answers: [200: .named("SchedulePage")], problems: [400], handler: list),
            Route(
                method: "GET", pattern: "/v1/schedules/{name}", operation: "getSchedule", tag: .schedules,
                access: .scope(.jobsRead),
                summary: "A schedule.",
                description: "`next_run_at` is null while the schedule is paused.",
                answers: [200: .named("Schedule")], problems: [400, 404],
                handler: get),
            Route(
                method: "GET", pattern: "/v1/schedule-ticks", operation: "scheduleTicks", tag: .schedules,
                access: .scope(.jobsRead),
                summary: "The next ticks of a cron expression.",
                description: "For a form, before the schedule is stored.", query: ScheduleTicks.parameters,
                answers: [200: .named("ScheduleTicks")], problems: [400], handler: ticks),
            Route(
                method: "PUT", pattern: "/v1/schedules/{name}", operation: "putSchedule", tag: .schedules,
                access: .scope(.queuesWrite),
                summary: "Sets a schedule. Creates it if it does not exist.",
                description: """
                    The name has 1 to 100 characters of A-Z a-z 0-9 . _ -. Each tick submits one job, with any \
                    number of servers.
                    """, body: .named("ScheduleSpec"),
                example: #"""
                    {"cron": "0 3 * * *", "time_zone": "Europe/Paris", "job": {"kind": "report.build"},
                    "catch_up": "last"}
                    """#,
                answers: [200: .named("Schedule")], problems: [400, 413, 415],
                maxBodyBytes: context.maxValueBodyBytes, handler: put),
            Route(
                method: "DELETE", pattern: "/v1/schedules/{name}", operation: "deleteSchedule",
                tag: .schedules,
                access: .scope(.queuesWrite),
                summary: "Removes a schedule. Its jobs remain.",
                description: "Ticks stop at once.", answers: [204: .nothing],
                problems: [400, 404], handler: delete),
            Route(
                method: "POST", pattern: "/v1/schedules/{name}/run", operation: "runSchedule",
                tag: .schedules,
                access: .scope(.queuesWrite),
                summary: "Submits a job of the schedule now, without an effect on its ticks.",
                description: "It works for a paused schedule as well.",
                answers: [200: .named("Job"), 202: .named("Job")], examples: [202: JobExample.pending],
                problems: [400, 404, 503], handler: run),
            Route(
                method: "POST", pattern: "/v1/schedules/{name}/pause", operation: "pauseSchedule",
                tag: .schedules,
                access: .scope(.queuesWrite),
                summary: "Pauses a schedule. Ticks during the pause are skipped.",
                description: "Pausing a paused schedule changes nothing.",
                answers: [200: .named("Schedule")],
                examples: [200: #"{"paused": true, "next_run_at": null}"#], problems: [400, 404],
                handler: { try await pause($0, true) }),
            Route(
                method: "POST", pattern: "/v1/schedules/{name}/resume", operation: "resumeSchedule",
                tag: .schedules,
                access: .scope(.queuesWrite),
                summary: "Resumes a paused schedule.",
                description: "The next tick is the next one in the future.",
                answers: [200: .named("Schedule")],
                problems: [400, 404], handler: { try await pause($0, false) }),
        ]
    }

    @Sendable
    private func ticks(_ request: APIRequest) async throws -> HTTPResponse {
        Answer.json(200, try ScheduleTicks(request, after: context.engine.time.now()))
    }

    @Sendable
    private func list(_ request: APIRequest) async throws -> HTTPResponse {
        let after = try request.query("cursor", "the next_cursor of an earlier page", Self.name(of:))
        let limit = request.limit()
        var schedules: [ScheduleRecord] = []
        var bytes = 0
        var hasMore = true
        // Reads a few at a time, because each has a payload, and no more than fit into the page.
        while hasMore, schedules.count < limit, bytes <= Answer.maxPageBytes {
            let page = try await context.engine.schedules(
                after: schedules.last?.name ?? after, limit: min(Self.readAtOnce, limit - schedules.count))
            schedules += page.schedules
            bytes += page.schedules.reduce(0) { $0 + $1.spec.job.spec.payload.bytes.count }
            hasMore = page.hasMore
        }
        let next = hasMore ? schedules.last.map(Self.cursor) : nil
        let covered = schedules.filter { request.grant.covers($0.spec.job.spec) }
        return Answer.page(covered, next: next, cursor: Self.cursor)
    }

    /// The number of schedules in one read of the store.
    private static let readAtOnce = 10

    private static func cursor(behind schedule: ScheduleRecord) -> String { cursorMark + schedule.name }

    private static let cursorMark = "s1."

    private static func name(of cursor: String) -> String? {
        let name = String(cursor.dropFirst(cursorMark.count))
        return cursor.hasPrefix(cursorMark) && ScheduleSpec.isName(name) ? name : nil
    }

    /// The schedule that the path names.
    ///
    /// - Throws: ``LonghaulError`` `not_found` or `forbidden`.
    private func schedule(in request: APIRequest) async throws -> ScheduleRecord {
        let schedule = try await context.engine.schedule(request.parameter("name"))
        try request.grant.require(schedule.spec.job.spec)
        return schedule
    }

    /// The name of the schedule that the path names, once the rights of a limited key are checked.
    private func coveredName(in request: APIRequest) async throws -> String {
        request.grant.isLimited ? try await schedule(in: request).name : request.parameter("name")
    }

    @Sendable
    private func get(_ request: APIRequest) async throws -> HTTPResponse {
        return Answer.json(200, try await schedule(in: request))
    }

    @Sendable
    private func put(_ request: APIRequest) async throws -> HTTPResponse {
        let spec = try await request.decode(ScheduleSpec.self)
        let name = request.parameter("name")
        if request.grant.isLimited {
            // A key must not replace a schedule of jobs that it does not cover.
            do {
                _ = try await schedule(in: request)
            } catch let error as LonghaulError where error.code == .notFound {}
        }
        return Answer.json(
            200,
            try await context.engine.putSchedule(
                name, spec, caller: request.caller.name, grant: request.grant))
    }

    @Sendable
    private func delete(_ request: APIRequest) async throws -> HTTPResponse {
        try await context.engine.deleteSchedule(try await coveredName(in: request))
        return Answer.empty(204)
    }

    @Sendable
    private func run(_ request: APIRequest) async throws -> HTTPResponse {
        try await request.expectNoBody()
        let accepted = try await context.engine.runSchedule(try await coveredName(in: request))
        var headers: HTTPHeaders = ["Location": "/v1/jobs/\(accepted.job.id)"]
        if accepted.isReplay { headers.add("Idempotent-Replayed", "true") }
        return Answer.json(accepted.isReplay ? 200 : 202, accepted.job, headers: headers)
    }

    private func pause(_ request: APIRequest, _ paused: Bool) async throws -> HTTPResponse {
        try await request.expectNoBody()
        let name = try await coveredName(in: request)
        return Answer.json(200, try await context.engine.pauseSchedule(name, paused))
    }
}
