import LonghaulBroker
import LonghaulCore
import LonghaulEngine
import LonghaulMemory
import LonghaulTestServers
import LonghaulTestSupport
import Testing

/// The engine with a Redis queue. The store is the source of truth, in every state of the queue.
@Suite struct EngineTests {
    /// Runs a body with an engine that republishes missing jobs every second.
    private func withEngine(_ server: RedisServer, _ body: (Engine) async throws -> Void) async throws {
        let queue = try server.queue()
        var configuration = EngineConfiguration()
        configuration.reconcileSeconds = 1
        // Polling is too slow to matter: jobs arrive through the queue.
        configuration.slowPollSeconds = 3600
        let time = SystemTime()
        let store = MemoryStore.open(MemoryDatabase(time: time, random: SystemRandom()))
        let engine = Engine(
            store: store, queue: queue, artifacts: MemoryArtifactStore(), configuration: configuration,
            time: time)
        try await withCleanup {
            await engine.stop()
            await queue.close()
        } _: {
            try await engine.start()
            try await body(engine)
        }
    }

    /// Leases and completes jobs until `count` are done.
    private func work(_ engine: Engine, until count: Int) async throws {
        let deadline = SystemTime().now().adding(seconds: 60)
        var done = 0
        while done < count {
            guard SystemTime().now() < deadline else {
                throw LonghaulError(.internal, "only \(done) of \(count) jobs arrived")
            }
            let leases = try await engine.lease(
                LeaseRequest(worker: WorkerInfo(id: "w"), kinds: ["work"], maxJobs: 7, waitSeconds: 2))
            for answer in try await engine.complete(leases.map { Completion(token: $0.token) }) {
                #expect(try answer.get().attempt == 1)
                done += 1
            }
        }
        #expect(try await engine.queue("default").record.counts == [.completed: count])
    }

    @Test func jobsArriveThroughTheQueue() async throws {
        let server = try RedisServer()
        try await withEngine(server) { engine in
            for _ in 0..<20 { _ = try await engine.submit(NewJob(JobSpec(kind: "work"))) }
            try await work(engine, until: 20)
        }
    }

    @Test func emptiedRedisLosesNoJob() async throws {
        let server = try RedisServer()
        try await withEngine(server) { engine in
            for _ in 0..<20 { _ = try await engine.submit(NewJob(JobSpec(kind: "work"))) }
            // After a pause of the machine, the server may have published some of them again.
            try await eventually("twenty jobs are published") {
                try Int(server.command("XLEN", "longhaul:lane:default:work:1")) ?? 0 >= 20
            }
            try server.command("FLUSHALL")
            try await work(engine, until: 20)
        }
    }

    @Test func submissionsSucceedWhileTheQueueIsUnavailable() async throws {
        let server = try RedisServer()
        try await withEngine(server) { engine in
            _ = try await engine.submit(NewJob(JobSpec(kind: "work")))
            server.kill()
            for _ in 0..<10 { _ = try await engine.submit(NewJob(JobSpec(kind: "work"))) }
            // If the machine stalls, more components than the queue may be unavailable for a short time.
            try await eventually("only the queue is unavailable") {
                await engine.unreadyComponents().map(\.component) == ["queue"]
            }
            try server.restart()
            try await work(engine, until: 11)
        }
    }

    @Test func jobsRunWhileTheQueueIsUnavailable() async throws {
        let server = try RedisServer()
        try await withEngine(server) { engine in
            server.kill()
            for _ in 0..<10 { _ = try await engine.submit(NewJob(JobSpec(kind: "work"))) }
            try await work(engine, until: 10)
        }
    }
}
