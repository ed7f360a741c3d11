import LonghaulConformance
import LonghaulCore
import LonghaulMemory
import LonghaulTestSupport
import Testing

@testable import LonghaulEngine

/// Answers of full queues, and the calls that are woken when a rate limit allows another job. The test moves the clock.
struct OverloadTests {
    private let time = ManualTime()
    private let engine: Engine
    private let queue: StoreQueue
    private let worker = WorkerInfo(id: "w")

    init() {
        var configuration = EngineConfiguration()
        configuration.limits.maxDepth = 50
        queue = StoreQueue(time: time)
        engine = Engine(
            store: MemoryStore.open(MemoryDatabase(time: time, random: SeededRandom(seed: 1))), queue: queue,
            artifacts: MemoryArtifactStore(), configuration: configuration, time: time,
            random: SeededRandom(seed: 2))
    }

    private func job(_ queue: String = "default") -> NewJob {
        NewJob(JobSpec(kind: "a", queue: queue))
    }

    private func rejection(_ body: () async throws -> Void) async throws -> LonghaulError {
        do {
            try await body()
        } catch let error as LonghaulError {
            return error
        }
        throw LonghaulError(.internal, "the call was not rejected")
    }

    /// Lets ten jobs of a queue start, one a second.
    private func drain(_ name: String) async throws {
        for _ in 0..<10 {
            _ = try await engine.submit(job(name))
            _ = try await engine.lease(LeaseRequest(worker: worker, queues: [name]))
            time.advance(seconds: 1)
        }
    }

    @Test func retryAfterIsTheTimeUntilThereIsRoom() async throws {
        _ = try await engine.setQueue("q", QueueSettings(maxDepth: 20))
        try await drain("q")
        for _ in 0..<20 { _ = try await engine.submit(job("q")) }
        let one = try await rejection { _ = try await engine.submit(job("q")) }
        #expect(one.code == .systemBusy)
        #expect(one.retryAfterSeconds == 1)
        let batch = NewJobBatch(jobs: (0..<5).map { _ in job("q") })
        let five = try await rejection { _ = try await engine.submit(batch) }
        #expect(five.retryAfterSeconds == 5)
        _ = try await engine.setQueue("q", QueueSettings(maxDepth: 15))
        let beyond = try await rejection { _ = try await engine.submit(job("q")) }
        #expect(beyond.retryAfterSeconds == 6)
    }

    @Test func retryAfterIsHalfAMinuteWhenNoJobStarts() async throws {
        _ = try await engine.setQueue("q", QueueSettings(maxDepth: 0))
        let idle = try await rejection { _ = try await engine.submit(job("q")) }
        #expect(idle.retryAfterSeconds == 30)
        try await drain("other")
        _ = try await engine.setQueue("other", QueueSettings(maxDepth: 0, paused: true))
        let paused = try await rejection { _ = try await engine.submit(job("other")) }
        #expect(paused.retryAfterSeconds == 30)
    }

    @Test func retryAfterOfAFullSystemUsesAllQueues() async throws {
        try await drain("a")
        for number in 0..<50 { _ = try await engine.submit(job("q\(number)")) }
        let error = try await rejection { _ = try await engine.submit(job("b")) }
        #expect(error.detail.contains("the system is full"))
        #expect(error.retryAfterSeconds == 1)
    }

    @Test func startIsEstimatedUnlessTheQueueIsPaused() async throws {
        try await drain("q")
        let jobs = try await engine.submit(NewJobBatch(jobs: (0..<3).map { _ in job("q") })).jobs
        let last = try await engine.job(jobs[2].job.id)
        #expect(last.position == 2)
        #expect(last.estimatedStartAt == time.now().adding(seconds: 3))
        _ = try await engine.pauseQueue("q", true)
        let paused = try await engine.job(jobs[2].job.id)
        #expect(paused.position == 2)
        #expect(paused.estimatedStartAt == nil)
    }

    @Test func waitingLeaseCallIsWokenWhenARateLimitTokenReturns() async throws {
        try await engine.start()
        let limit = RateLimit(jobs: 1, periodSeconds: 3)
        _ = try await engine.setQueue("q", QueueSettings(rateLimit: limit))
        for _ in 0..<3 { _ = try await engine.submit(job("q")) }
        let request = LeaseRequest(worker: worker, queues: ["q"], leaseSeconds: 600, waitSeconds: 60)
        #expect(try await engine.lease(request).count == 1)
        for _ in 0..<2 {
            let start = time.now()
            let waiting = Task { try await engine.lease(request) }
            try await eventually("the call and all loops sleep") { queue.waiting == 1 && time.sleeping >= 5 }
            // This is before the poll interval of five seconds ends.
            time.advance(seconds: 3)
            #expect(try await waiting.value.count == 1)
            #expect(time.now() == start.adding(seconds: 3))
        }
        await engine.stop()
    }

    @Test func waitingLeaseCallNoticesAFasterRateLimit() async throws {
        try await engine.start()
        let slow = RateLimit(jobs: 1, periodSeconds: 3600)
        _ = try await engine.setQueue("q", QueueSettings(rateLimit: slow))
        for _ in 0..<2 { _ = try await engine.submit(job("q")) }
        let request = LeaseRequest(worker: worker, queues: ["q"], leaseSeconds: 600, waitSeconds: 60)
        #expect(try await engine.lease(request).count == 1)
        let waiting = Task { try await engine.lease(request) }
        try await eventually("the call waits") { queue.waiting == 1 }
        _ = try await engine.setQueue("q", QueueSettings())
        #expect(try await waiting.value.count == 1)
        await engine.stop()
    }

    @Test func aWorkerWithTheLabelsIsWoken() async throws {
        let plain = Task {
            try await engine.lease(LeaseRequest(worker: worker, queues: ["q"], waitSeconds: 60))
        }
        try await eventually("the call waits") { queue.waiting == 1 }
        let able = WorkerInfo(id: "g", labels: ["gpu": "1"])
        let gpu = Task {
            try await engine.lease(LeaseRequest(worker: able, queues: ["q"], waitSeconds: 60))
        }
        try await eventually("both calls wait") { queue.waiting == 2 }
        try await engine.start()
        var job = job("q")
        job.spec.labels = ["gpu": "1"]
        _ = try await engine.submit(job)
        #expect(try await gpu.value.count == 1)
        plain.cancel()
        await #expect(throws: CancellationError.self) { try await plain.value }
        await engine.stop()
    }
}
