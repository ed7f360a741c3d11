import LonghaulConformance
import LonghaulCore
import LonghaulMemory
import LonghaulTestSupport
import Testing

@testable import LonghaulEngine

/// Schedules, from their plan to the jobs that servers submit.
struct ScheduleTests {
    private let time = ManualTime(Timestamp(milliseconds: 1_764_000_000_000))
    private let database: MemoryDatabase

    init() {
        database = MemoryDatabase(time: time, random: SeededRandom(seed: 4))
    }

    private func spec(
        _ cron: String = "* * * * *", _ catchUp: ScheduleSpec.CatchUp = .last
    ) throws -> ScheduleSpec {
        ScheduleSpec(
            cron: try CronExpression(parsing: cron), job: NewJob(JobSpec(kind: "tick")), catchUp: catchUp)
    }

    private func server() -> Engine {
        Engine(
            store: MemoryStore.open(database), queue: StoreQueue(time: time),
            artifacts: MemoryArtifactStore(),
            time: time)
    }

    private func jobs(_ engine: Engine) async throws -> [Job] {
        try await engine.jobs(JobFilter(), after: nil, limit: 500).jobs
    }

    // MARK: The plan

    private func plan(_ catchUp: ScheduleSpec.CatchUp, lateBy seconds: Double) throws -> [SchedulePlan.Step] {
        let spec = try spec("* * * * *", catchUp)
        var record = ScheduleRecord(
            name: "a", spec: spec, caller: "c", revision: 1, createdAt: time.now(), updatedAt: time.now())
        record.nextRunAt = time.now()
        let recurrence = try #require(spec.recurrence)
        return SchedulePlan.steps(record, recurrence, at: time.now().adding(seconds: seconds))
    }

    private func minute(_ number: Int) -> Timestamp { time.now().adding(seconds: Double(number) * 60) }

    @Test func punctualTickIsSubmittedUnderEachPolicy() throws {
        for policy in ScheduleSpec.CatchUp.allCases {
            #expect(
                try plan(policy, lateBy: 5)
                    == [.init(tick: minute(0), advance: .init(from: minute(0), to: minute(1)))])
            #expect(try plan(policy, lateBy: -1).isEmpty)
        }
    }

    @Test func missedTicksFollowTheCatchUpPolicy() throws {
        #expect(
            try plan(.last, lateBy: 200)
                == [.init(tick: minute(3), advance: .init(from: minute(0), to: minute(4)))])
        #expect(
            try plan(.none, lateBy: 200)
                == [.init(tick: minute(3), advance: .init(from: minute(0), to: minute(4)))])
        let all = try plan(.all, lateBy: 200)
        #expect(all.map(\.tick) == [minute(0), minute(1), minute(2), minute(3)])
        #expect(all.map(\.advance.from) == [minute(0), minute(1), minute(2), minute(3)])
        #expect(all.map(\.advance.to) == [minute(1), minute(2), minute(3), minute(4)])
        let longest = try plan(.all, lateBy: 86_400)
        #expect(longest.count == SchedulePlan.maxTicks)
        #expect(longest.first?.advance.from == minute(0))
        #expect(longest.last?.tick == minute(1440))
    }

    @Test func lateTickIsSkippedWithoutCatchUp() throws {
        let spec = try spec("0 0 1 1 *", .none)
        var record = ScheduleRecord(
            name: "a", spec: spec, caller: "c", revision: 1, createdAt: time.now(), updatedAt: time.now())
        let recurrence = try #require(spec.recurrence)
        let due = try #require(recurrence.next(after: time.now()))
        record.nextRunAt = due
        let next = recurrence.next(after: due)
        let step = SchedulePlan.steps(record, recurrence, at: due.adding(seconds: 61))
        #expect(step == [.init(tick: nil, advance: .init(from: due, to: next))])
    }

    // MARK: Servers

    @Test func eachTickSubmitsOneJobAcrossSeveralServers() async throws {
        let servers = [server(), server(), server()]
        for server in servers { try await server.start() }
        let created = try await servers[0].putSchedule("a", try spec())
        for number in 1...5 {
            let due = try #require(try await servers[1].schedule("a").nextRunAt)
            time.set(due)
            // The other servers query the store at intervals.
            try await eventually("job \(number) is submitted", every: .zero) {
                time.advance(seconds: 1)
                return try await jobs(servers[2]).count == number
            }
        }
        let submitted = try await jobs(servers[0])
        #expect(Set(submitted.compactMap { $0.spec.tags["scheduled_at"] }).count == 5)
        #expect(submitted.allSatisfy { $0.spec.tags["schedule"] == "a" && $0.caller == created.caller })
        for server in servers { await server.stop() }
        #expect(try await servers[0].schedule("a").lastJobID == submitted.first?.id)
    }

    @Test func restartedServerCatchesUpOnMissedTicks() async throws {
        let before = server()
        _ = try await before.putSchedule("last", try spec("* * * * *", .last))
        _ = try await before.putSchedule("all", try spec("*/10 * * * *", .all))
        time.advance(seconds: 3600)
        let after = server()
        try await after.start()
        try await eventually("seven jobs") { try await jobs(after).count == 7 }
        await after.stop()
        let tags = try await jobs(after).compactMap { $0.spec.tags["schedule"] }
        #expect(tags.count { $0 == "all" } == 6)
        #expect(tags.count { $0 == "last" } == 1)
    }

    @Test func clockStepBackMovesTheNextTickAndRepeatsNoTick() async throws {
        let engine = server()
        try await engine.start()
        let first = try #require(try await engine.putSchedule("a", try spec()).nextRunAt)
        time.set(first)
        try await eventually("the first job is submitted", every: .zero) {
            time.advance(seconds: 1)
            return try await jobs(engine).count == 1
        }
        // The second tick is next. Ten minutes back, the first tick is due again, and has no effect.
        time.step(seconds: -600)
        try await eventually("the next tick moves back", every: .zero) {
            time.advance(seconds: 1)
            return try #require(try await engine.schedule("a").nextRunAt) <= time.now().adding(seconds: 60)
        }
        try await eventually("twelve jobs are submitted", every: .zero) {
            time.advance(seconds: 10)
            return try await jobs(engine).count >= 12
        }
        let ticks = try await jobs(engine).compactMap { $0.spec.tags["scheduled_at"] }
        #expect(Set(ticks).count == ticks.count)
        #expect(ticks.contains(first.description))
        await engine.stop()
    }

    @Test func aTickKeepsItsJobForAnHourAtMost() async throws {
        let engine = server()
        try await engine.start()
        var brief = try spec("@yearly")
        brief.job.spec.retentionSeconds = 60
        time.set(try #require(try await engine.putSchedule("a", brief).nextRunAt))
        try await eventually("the job is submitted", every: .zero) {
            time.advance(seconds: 1)
            return try await jobs(engine).count == 1
        }
        let id = try #require(try await jobs(engine).first).id
        _ = try await engine.cancel(id)
        let horizon = time.now().adding(seconds: 7200)
        time.advance(seconds: 3700)
        try await eventually("the job is removed", every: .zero) {
            if time.now() < horizon { time.advance(seconds: 1) }
            return try await jobs(engine).isEmpty
        }
        #expect(try await engine.schedule("a").lastJobID == id)
        await engine.stop()
    }

    @Test func rejectedTickIsSubmittedWhenTheQueueHasRoom() async throws {
        let engine = server()
        try await engine.start()
        _ = try await engine.setQueue("default", QueueSettings(maxDepth: 0))
        let due = try #require(try await engine.putSchedule("a", try spec("@yearly")).nextRunAt)
        time.set(due)
        await Task.yield()
        #expect(await code { _ = try await engine.runSchedule("a") } == .systemBusy)
        _ = try await engine.setQueue("default", QueueSettings())
        try await eventually("the job of the tick is submitted", every: .zero) {
            time.advance(seconds: 1)
            return try await jobs(engine).count == 1
        }
        #expect(try await jobs(engine).first?.spec.tags["scheduled_at"] == due.description)
        await engine.stop()
    }

    private func code(of body: () async throws -> Void) async -> LonghaulError.Code? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? LonghaulError)?.code
        }
    }

    @Test func scheduleRunsOnRequestPausesAndIsDeleted() async throws {
        let engine = server()
        let created = try await engine.putSchedule("a", try spec())
        let paused = try await engine.pauseSchedule("a", true)
        #expect(paused.nextRunAt == nil && paused.spec.paused)
        let job = try await engine.runSchedule("a").job
        #expect(job.spec.kind == "tick" && job.state == .pending)
        #expect(try await engine.schedule("a").lastJobID == job.id)
        time.advance(seconds: 1000)
        let resumed = try await engine.pauseSchedule("a", false)
        #expect(try #require(resumed.nextRunAt) > time.now())
        #expect(resumed.createdAt == created.createdAt)
        try await engine.deleteSchedule("a")
        #expect(await code { try await engine.deleteSchedule("a") } == .notFound)
        #expect(await code { _ = try await engine.runSchedule("a") } == .notFound)
        #expect(await code { _ = try await engine.putSchedule("a b", try spec()) } == .invalidRequest)
    }
}
