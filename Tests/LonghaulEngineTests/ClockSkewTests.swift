import LonghaulCore
import LonghaulMemory
import LonghaulTestSupport
import Testing

@testable import LonghaulEngine

/// The clock of the store is an hour behind the clock of the server, as on machines without time synchronization.
struct ClockSkewTests {
    private let storeTime = ManualTime(SystemTime().now().adding(seconds: -3600))
    private let database: MemoryDatabase

    init() {
        database = MemoryDatabase(time: storeTime)
    }

    private func engine(time: any TimeSource = SystemTime()) -> Engine {
        Engine(
            store: MemoryStore.open(database), queue: StoreQueue(time: time),
            artifacts: MemoryArtifactStore(),
            time: time)
    }

    @Test func maintenanceWaitsForTheEndOfALease() async throws {
        let engine = engine()
        _ = try await engine.submit(NewJob(JobSpec(kind: "a")))
        let request = LeaseRequest(worker: WorkerInfo(id: "w1"), kinds: ["a"], leaseSeconds: 60)
        #expect(try await engine.lease(request).count == 1)
        let before = engine.time.now()
        #expect(await engine.maintenance.round() > before)
    }

    @Test func schedulerWaitsForTheNextTick() async throws {
        let spec = ScheduleSpec(
            cron: try CronExpression(parsing: "* * * * *"), job: NewJob(JobSpec(kind: "a")))
        _ = try await engine(time: storeTime).putSchedule("a", spec)
        let engine = engine()
        let before = engine.time.now()
        #expect(await engine.scheduler.round() > before)
    }
}
