import LonghaulConformance
import LonghaulCore
import LonghaulJSON
import LonghaulMemory
import LonghaulTestSupport
import Testing

@testable import LonghaulEngine

/// The history of queues, on a clock that the test moves.
struct QueueHistoryTests {
    private static let start = Timestamp(milliseconds: 1_764_000_000_000)
    private let time = ManualTime(Self.start)
    private let database: MemoryDatabase

    init() {
        database = MemoryDatabase(time: time, random: SeededRandom(seed: 1))
    }

    private func engine() async throws -> Engine {
        let engine = Engine(
            store: MemoryStore.open(database), queue: StoreQueue(time: time),
            artifacts: MemoryArtifactStore(),
            time: time, random: SeededRandom(seed: 2))
        try await engine.start()
        try await untilAtRest()
        return engine
    }

    private func work(_ engine: Engine, failing: Bool = false) async throws {
        var job = NewJob(JobSpec(kind: "a"))
        job.spec.maxAttempts = 1
        _ = try await engine.submit(job)
        time.advance(seconds: 2)
        let lease = try #require(
            try await engine.lease(LeaseRequest(worker: WorkerInfo(id: "w"))).first)
        time.advance(seconds: 3)
        if failing {
            let error = JobError(type: "e", message: "m")
            _ = try await engine.fail(Failure(token: lease.token, error: error))
        } else {
            _ = try await engine.complete([Completion(token: lease.token)])
        }
    }

    /// Waits until the recorder, the maintenance and the sweep of artifacts all sleep on the clock.
    private func untilAtRest() async throws {
        try await eventually("all loops sleep") { time.sleeping >= 3 }
    }

    private func stored() async throws -> [QueueSample] {
        try await MemoryStore.open(database).samples(of: nil, since: Self.start)
    }

    @Test func historyHasTheCurrentMinuteAndTheStoredOnes() async throws {
        let engine = try await engine()
        try await work(engine)
        try await work(engine, failing: true)
        var expected = QueueSample(queue: "default", at: Self.start, depth: 0)
        expected.enqueued = 2
        expected.finished = 2
        expected.failed = 1
        (expected.waitP50, expected.waitP95) = (2, 2)
        (expected.runP50, expected.runP95) = (3, 3)
        #expect(try await engine.history(minutes: 60) == [expected])
        #expect(try await stored().isEmpty)

        time.set(Self.start.adding(seconds: 62))
        try await eventually("the minute is stored") { try await stored().count == 1 }
        _ = try await engine.submit(NewJob(JobSpec(kind: "a")))
        let samples = try await engine.history(ofQueue: "default", minutes: 60)
        #expect(samples.first == expected)
        #expect(samples.last?.at == Self.start.adding(seconds: 60))
        #expect(samples.last?.depth == 1 && samples.last?.enqueued == 1)
        #expect(try await engine.history(ofQueue: "default", minutes: 1).count == 1)
        await engine.stop()
    }

    @Test func idleQueueHasASampleForEachMinute() async throws {
        let engine = try await engine()
        _ = try await engine.submit(NewJob(JobSpec(kind: "a")))
        for minute in 1...3 {
            time.set(Self.start.adding(seconds: Double(minute) * 60 + 2))
            try await eventually("minute \(minute) is stored") { try await stored().count == minute }
            try await untilAtRest()
        }
        let samples = try await engine.history(minutes: 60)
        #expect(samples.map(\.depth) == [1, 1, 1, 1])
        #expect(samples.map(\.enqueued) == [1, 0, 0, 0])
        await engine.stop()
    }

    @Test func restartDuringAMinuteLosesNoCounts() async throws {
        var engine = try await engine()
        try await work(engine)
        await engine.stop()
        engine = try await self.engine()
        try await work(engine)
        let sample = try #require(try await engine.history(ofQueue: "default", minutes: 1).first)
        #expect(sample.enqueued == 2 && sample.finished == 2)
        await engine.stop()
    }

    @Test func anUnknownQueueHasNoHistory() async throws {
        let engine = try await engine()
        await #expect(throws: LonghaulError.self) { try await engine.history(ofQueue: "none", minutes: 1) }
        await engine.stop()
    }
}
