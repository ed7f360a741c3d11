import LonghaulCore
import LonghaulMemory
import LonghaulStore
import LonghaulTestSupport
import Synchronization
import Testing

@testable import LonghaulEngine

/// The clock of the store is an hour behind the clock of the server, as on machines without time synchronization.
struct ClockSkewTests {
    private let storeTime = ManualTime(SystemTime().now().adding(seconds: -3600))
    private let driver: HookedDriver

    init() {
        driver = HookedDriver(MemoryDatabase(time: storeTime))
    }

    private func engine(time: any TimeSource = SystemTime()) -> Engine {
        Engine(
            store: Store(driver), queue: StoreQueue(time: time), artifacts: MemoryArtifactStore(), time: time)
    }

    /// Lets other tasks run, often enough for thousands of rounds without a pause.
    private func letOthersRun() async {
        for _ in 0..<5000 { await Task.yield() }
    }

    @Test func maintenanceWaitsForTheEndOfALease() async throws {
        let rounds = Atomic(0)
        driver.afterWrite { call in
            if case .maintain = call { rounds.add(1, ordering: .relaxed) }
        }
        let engine = engine()
        try await withCleanup {
            await engine.stop()
        } _: {
            _ = try await engine.submit(NewJob(JobSpec(kind: "a")))
            let request = LeaseRequest(worker: WorkerInfo(id: "w1"), kinds: ["a"], leaseSeconds: 60)
            #expect(try await engine.lease(request).count == 1)
            try await engine.start()
            try await eventually("a round") { rounds.load(ordering: .relaxed) > 0 }
            await letOthersRun()
            #expect(rounds.load(ordering: .relaxed) < 50)
        }
    }

    @Test func schedulerWaitsForTheNextTick() async throws {
        let reads = Atomic(0)
        _ = try await engine(time: storeTime).putSchedule(
            "a", ScheduleSpec(cron: try CronExpression(parsing: "* * * * *"), job: NewJob(JobSpec(kind: "a")))
        )
        driver.afterRead { reads.add(1, ordering: .relaxed) }
        let engine = engine()
        try await withCleanup {
            await engine.stop()
        } _: {
            try await engine.start()
            try await eventually("a round") { reads.load(ordering: .relaxed) > 0 }
            await letOthersRun()
            #expect(reads.load(ordering: .relaxed) < 200)
        }
    }
}
