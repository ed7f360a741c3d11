import LonghaulCore
import LonghaulJSON
import LonghaulTestSupport
import Testing

extension JobStoreConformance {
    private static func spec(_ change: (inout ScheduleSpec) -> Void = { _ in }) throws -> ScheduleSpec {
        var job = NewJob(JobSpec(kind: "tick", payload: json(#"{"n": 1.0}"#)))
        job.spec.tags = ["a": "b"]
        job.spec.priority = 7
        var spec = ScheduleSpec(cron: try CronExpression(parsing: "0 3 * * *"), job: job)
        change(&spec)
        return spec
    }

    private static func put(
        _ t: JobStoreFixture, _ name: String = "nightly", in seconds: Double = 60,
        _ change: (inout ScheduleSpec) -> Void = { _ in }
    ) async throws -> ScheduleRecord {
        try await t.store.putSchedule(
            name, try spec(change), caller: "tests", firstRunAt: t.time.now().adding(seconds: seconds))
    }

    /// A firing of the due tick, with the next tick a minute later.
    private static func firing(_ t: JobStoreFixture, _ schedule: ScheduleRecord) throws -> ScheduleFiring {
        let due = try #require(schedule.nextRunAt)
        return ScheduleFiring(
            schedule: schedule,
            advance: ScheduleFiring.Advance(from: due, to: due.adding(seconds: 60)),
            submission: t.submission("tick"))
    }

    static let schedules: [Case] = [
        Case("a schedule is stored as it was set, and found by name") { t in
            let made = try await put(t) {
                $0.timeZone = "Europe/Paris"
                $0.catchUp = .all
            }
            #expect(made.spec.job.spec.payload.description == #"{"n": 1.0}"#)
            #expect(made.nextRunAt == t.time.now().adding(seconds: 60))
            #expect(made.createdAt == t.time.now() && made.updatedAt == t.time.now())
            #expect(made.lastRunAt == nil && made.lastJobID == nil)
            #expect(try await t.store.schedule("nightly") == made)
            #expect(try await t.store.schedule("other") == nil)
            let second = try await put(t, "b")
            let third = try await put(t, "z")
            let first = try await t.store.schedules(after: nil, limit: 2)
            #expect(first.schedules == [second, made] && first.hasMore)
            let rest = try await t.store.schedules(after: "nightly", limit: 2)
            #expect(rest.schedules == [third] && !rest.hasMore)
        },
        Case("updating a schedule keeps its history, and keeps a due tick unless the expression changes") {
            t in
            let first = try await put(t)
            t.time.advance(seconds: 61)
            let again = try await put(t) { $0.job.spec.priority = 1 }
            #expect(again.createdAt == first.createdAt)
            #expect(again.revision > first.revision)
            #expect(again.nextRunAt == first.nextRunAt)
            let other = try await put(t) { $0.timeZone = "Asia/Tokyo" }
            #expect(other.nextRunAt == t.time.now().adding(seconds: 60))
            let paused = try await put(t) { $0.paused = true }
            #expect(paused.nextRunAt == nil)
            #expect(try await t.store.dueSchedules(limit: 9).nextAt == nil)
            t.time.advance(seconds: 1000)
            #expect(try await put(t).nextRunAt == t.time.now().adding(seconds: 60))
        },
        Case("a schedule is deleted once, and a new one of its name has no history") { t in
            let first = try await put(t)
            #expect(try await t.store.deleteSchedule("nightly"))
            #expect(try await t.store.deleteSchedule("nightly") == false)
            #expect(try await t.store.schedule("nightly") == nil)
            t.time.advance(seconds: 1)
            let second = try await put(t)
            #expect(second.revision > first.revision)
            #expect(second.createdAt == t.time.now())
        },
        Case("schedules are due at their tick, the most overdue first") { t in
            #expect(try await t.store.dueSchedules(limit: 9).nextAt == nil)
            let late = try await put(t, "late", in: 60)
            let early = try await put(t, "early", in: 30)
            _ = try await put(t, "far", in: 600)
            let start = t.time.now()
            var due = try await t.store.dueSchedules(limit: 9)
            #expect(due == DueSchedules(schedules: [], now: start, nextAt: early.nextRunAt))
            t.time.advance(seconds: 60)
            due = try await t.store.dueSchedules(limit: 9)
            #expect(due.schedules == [early, late])
            #expect(try await t.store.dueSchedules(limit: 1).schedules == [early])
        },
        Case("a tick submits one job and advances the schedule, even if several servers try it") { t in
            let schedule = try await put(t)
            t.time.advance(seconds: 60)
            let firings = try (0..<3).map { _ in try firing(t, schedule) }
            let outcomes = try await withThrowingTaskGroup(of: ScheduleOutcome.self) { group in
                for firing in firings { group.addTask { try await t.store.fireSchedule(firing) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes.count { $0 == .stale } == 2)
            #expect(try await t.counts() == [.pending: 1])
            let after = try #require(try await t.store.schedule("nightly"))
            #expect(after.nextRunAt == schedule.nextRunAt?.adding(seconds: 60))
            #expect(after.lastRunAt == t.time.now())
            #expect(try await t.job(try #require(after.lastJobID)).spec.kind == "tick")
        },
        Case("a tick of a schedule that was changed, paused or deleted does nothing") { t in
            let schedule = try await put(t)
            t.time.advance(seconds: 60)
            let firing = try firing(t, schedule)
            _ = try await put(t) { $0.job.spec.priority = 1 }
            #expect(try await t.store.fireSchedule(firing) == .stale)
            _ = try await put(t) { $0.paused = true }
            #expect(try await t.store.fireSchedule(firing) == .stale)
            _ = try await t.store.deleteSchedule("nightly")
            #expect(try await t.store.fireSchedule(firing) == .stale)
            #expect(try await t.counts() == [:])
        },
        Case("a tick can be skipped, and after the last tick none follows") { t in
            let schedule = try await put(t)
            let due = try #require(schedule.nextRunAt)
            let skip = ScheduleFiring(
                schedule: schedule, advance: ScheduleFiring.Advance(from: due, to: nil), submission: nil)
            #expect(try await t.store.fireSchedule(skip) == .done(nil))
            let after = try #require(try await t.store.schedule("nightly"))
            #expect(after.nextRunAt == nil && after.lastRunAt == nil)
            #expect(try await t.store.fireSchedule(skip) == .stale)
        },
        Case("a manual run does not change the ticks") { t in
            let schedule = try await put(t)
            let run = ScheduleFiring(schedule: schedule, advance: nil, submission: t.submission("tick"))
            guard case .done(.created(let job)) = try await t.store.fireSchedule(run) else {
                throw Unexpected("no job")
            }
            let after = try #require(try await t.store.schedule("nightly"))
            #expect(after.nextRunAt == schedule.nextRunAt)
            #expect(after.lastJobID == job.id)
        },
        Case("a tick whose queue is full stays due") { t in
            _ = try await t.store.setQueue("default", QueueSettings(maxDepth: 0))
            let schedule = try await put(t)
            t.time.advance(seconds: 60)
            let firing = try firing(t, schedule)
            guard case .refused(let error) = try await t.store.fireSchedule(firing) else {
                throw Unexpected("the job was accepted")
            }
            #expect(error.code == .systemBusy)
            #expect(try await t.store.schedule("nightly") == schedule)
            _ = try await t.store.setQueue("default", QueueSettings(maxDepth: 1))
            guard case .done(.created) = try await t.store.fireSchedule(firing) else {
                throw Unexpected("the tick was not done")
            }
        },
        Case("a tick with a known key uses the existing job") { t in
            let key = SubmissionKey(digest: digest(1), lifetime: .whileActive)
            let running = try await t.submit { $0.keys = [key] }
            let schedule = try await put(t)
            t.time.advance(seconds: 60)
            var firing = try firing(t, schedule)
            firing.submission?.keys = [key]
            #expect(try await t.store.fireSchedule(firing) == .done(.existing(running)))
            #expect(try await t.store.schedule("nightly")?.lastJobID == running.id)
            #expect(try await t.counts() == [.pending: 1])
        },
    ]
}
