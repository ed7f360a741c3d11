import Foundation
import LonghaulCore
import LonghaulJSON
import LonghaulMemory
import LonghaulSQLite
import LonghaulTestSupport
import Synchronization
import Testing

@testable import LonghaulEngine

/// The engine over a real store.
struct EngineTests {
    private let artifacts = MemoryArtifactStore()
    private let worker = WorkerInfo(id: "w1")

    /// Runs a test against a started engine, and stops it in every case.
    private func withEngine(_ body: (Engine) async throws -> Void) async throws {
        let folder = try TemporaryFolder()
        let store = try SQLiteStore.open(path: folder.file("store.db"))
        let engine = Engine(store: store, queue: StoreQueue(time: SystemTime()), artifacts: artifacts)
        try await withCleanup {
            await engine.stop()
            await store.close()
        } _: {
            try await engine.start()
            try await body(engine)
        }
    }

    private func job(_ kind: String = "a", _ change: (inout NewJob) -> Void = { _ in }) -> NewJob {
        var job = NewJob(JobSpec(kind: kind))
        job.spec.backoff = Backoff(growth: .fixed, initialSeconds: 0, jitter: 0)
        change(&job)
        return job
    }

    private func request(_ kinds: [String] = [], lease: Double = 30, wait: Double = 20) -> LeaseRequest {
        LeaseRequest(worker: worker, kinds: kinds, leaseSeconds: lease, waitSeconds: wait)
    }

    @Test func jobIsSubmittedLeasedAndCompleted() async throws {
        try await withEngine { engine in
            let submitted = try await engine.submit(job()).job
            #expect(submitted.state == .pending)
            let lease = try #require(try await engine.lease(request()).first)
            #expect(lease.job.id == submitted.id)
            #expect(lease.job.state == .processing)
            async let waited = engine.wait(for: submitted.id, seconds: 30)
            let result = JSONText(validated: Array("[1]".utf8))
            let done = try await engine.complete([Completion(token: lease.token, result: result)])
            #expect(try done.first?.get().state == .completed)
            let ended = try await waited
            #expect(ended.state == .completed)
            #expect(ended.result == result)
        }
    }

    @Test func artifactBeyondTheLimitAfterItsUploadLeavesNoFile() async throws {
        let store = MemoryStore.open(MemoryDatabase())
        var configuration = EngineConfiguration()
        configuration.limits.attachments.artifactBytes = 10
        let engine = Engine(
            store: store, queue: StoreQueue(time: SystemTime()), artifacts: artifacts,
            configuration: configuration)
        store.configure(configuration.limits)
        _ = try await engine.submit(job())
        let token = try #require(try await engine.lease(request()).first).token
        func put(_ name: String, _ during: () async throws -> Void = {}) async throws {
            var isSent = false
            _ = try await engine.putArtifact(token, name: name, contentType: nil) {
                guard !isSent else { return nil }
                isSent = true
                try await during()
                return Array(repeating: 0, count: 6)
            }
        }
        // The limit is checked before the upload, and another artifact is recorded during it.
        let error = await #expect(throws: LonghaulError.self) { try await put("a") { try await put("b") } }
        #expect(error?.code == .payloadTooLarge)
        #expect(artifacts.contents.values.flatMap { $0 } == ["b"])
    }

    @Test func aWaitingWorkerIsWoken() async throws {
        try await withEngine { engine in
            async let leases = engine.lease(request(wait: 60))
            let submitted = try await engine.submit(job()).job
            #expect(try await leases.first?.job.id == submitted.id)
        }
    }

    @Test func aDueJobIsLeased() async throws {
        try await withEngine { engine in
            let submitted = try await engine.submit(job { $0.start = .after(seconds: 0.05) }).job
            #expect(submitted.state == .scheduled)
            #expect(try await engine.lease(request(wait: 60)).first?.job.id == submitted.id)
        }
    }

    @Test func aFailedAttemptIsRetried() async throws {
        try await withEngine { engine in
            let submitted = try await engine.submit(job { $0.spec.maxAttempts = 2 }).job
            for attempt in 1...2 {
                let lease = try #require(try await engine.lease(request(wait: 60)).first)
                #expect(lease.attempt == attempt)
                let error = JobError(type: "boom", message: "again")
                _ = try await engine.fail(Failure(token: lease.token, error: error))
            }
            let ended = try await engine.job(submitted.id)
            #expect(ended.state == .failed)
            #expect(ended.attempts.map(\.error?.type) == ["boom", "boom"])
        }
    }

    @Test func expiredLeaseIsRetriedByAnotherWorker() async throws {
        try await withEngine { engine in
            _ = try await engine.submit(job())
            let first = try #require(try await engine.lease(request(lease: 1)).first)
            let second = try #require(try await engine.lease(request(wait: 60)).first)
            #expect(second.attempt == 2)
            #expect(second.token.fence > first.token.fence)
            let late = try await engine.complete([Completion(token: first.token)])
            #expect(throws: LonghaulError.leaseLost) { try late.first?.get() }
        }
    }

    @Test func aCancelledLeaseCallLeasesNothing() async throws {
        try await withEngine { engine in
            for _ in 0..<50 {
                let id = try await engine.submit(job()).job.id
                let call = Task { try await engine.lease(self.request(wait: 60)) }
                call.cancel()
                guard let leases = try? await call.value else {
                    let lease = try await engine.lease(request(wait: 20)).first
                    #expect(lease?.job.id == id)
                    #expect(lease?.attempt == 1)
                    _ = try await engine.complete([Completion(token: try #require(lease?.token))])
                    continue
                }
                // The call ended before the cancellation, so the caller has the lease.
                _ = try await engine.complete([Completion(token: try #require(leases.first?.token))])
            }
        }
    }

    @Test func filesOfAFailedAttemptAreRemoved() async throws {
        try await withEngine { engine in
            _ = try await engine.submit(job())
            let first = try #require(try await engine.lease(request()).first)
            try await put("old", first, engine)
            _ = try await engine.fail(Failure(token: first.token, error: JobError(type: "x", message: "y")))
            let second = try #require(try await engine.lease(request(wait: 60)).first)
            try await put("new", second, engine)
            let done = try await engine.complete([Completion(token: second.token)])
            #expect(try done.first?.get().artifacts.map(\.name) == ["new"])
            try await eventually("the old artifact is removed") { artifacts.names.count <= 1 }
            #expect(artifacts.names == ["new"])
            await #expect(throws: LonghaulError.leaseLost) { try await put("late", second, engine) }
            #expect(artifacts.names == ["new"])
        }
    }

    @Test func storedFileIsKeptWhileTheStoreIsUnavailable() async throws {
        try await withEngine { engine in
            _ = try await engine.submit(job())
            let lease = try #require(try await engine.lease(request()).first)
            try await put("a", lease, engine)
            let error = await #expect(throws: LonghaulError.self) {
                _ = try await engine.putArtifact(lease.token, name: "a", contentType: nil) {
                    await engine.store.close()
                    return nil
                }
            }
            #expect(error?.code == .unavailable)
            #expect(artifacts.names == ["a"])
        }
    }

    private func put(_ name: String, _ lease: Lease, _ engine: Engine) async throws {
        var rest: [UInt8]? = [1, 2, 3]
        _ = try await engine.putArtifact(lease.token, name: name, contentType: nil) {
            defer { rest = nil }
            return rest
        }
    }

    @Test func nextJobsHaveTheCallerOfTheirParent() async throws {
        try await withEngine { engine in
            let parent = try await engine.submit(job("parent"), caller: "alice").job
            let lease = try #require(try await engine.lease(request()).first)
            let outcome = try await engine.complete([Completion(token: lease.token, next: [job("child")])])
            _ = try outcome.first?.get()
            let child = try #require(try await engine.lease(request(["child"])).first)
            #expect(child.job.caller == "alice")
            #expect(child.job.parentID == parent.id)
            let invalid = Completion(token: child.token, next: [job("")])
            let answer = try await engine.complete([invalid]).first
            #expect(throws: LonghaulError.self) { try answer?.get() }
            #expect(try await engine.job(child.job.id).state == .processing)
        }
    }

    @Test func waitForLogsReturnsNewLinesAndEndsWithTheJob() async throws {
        try await withEngine { engine in
            let id = try await engine.submit(job()).job.id
            let lease = try #require(try await engine.lease(request()).first)
            async let lines = engine.waitForLogs(id, after: 0, limit: 10, seconds: 60)
            try await engine.appendLogs(lease.token, [LogLine(at: engine.time.now(), message: "hello")])
            #expect(try await lines.map(\.line.message) == ["hello"])
            async let none = engine.waitForLogs(id, after: 1, limit: 10, seconds: 60)
            _ = try await engine.cancel(id)
            #expect(try await none.isEmpty)
        }
    }

    @Test func startsAndStopsInAnyOrder() async throws {
        try await withEngine { engine in
            try await engine.start()
            await engine.stop()
            await engine.stop()
            try await engine.start()
            // On a busy machine, a component may answer a check too late.
            let deadline = SystemTime().now().adding(seconds: 60)
            while await !engine.unreadyComponents().isEmpty {
                try #require(SystemTime().now() < deadline, "the engine is not ready")
            }
        }
    }

    @Test func componentWithoutAnAnswerIsNotReady() async throws {
        let asked = Atomic(0)
        let (answers, answer) = AsyncStream<Void>.makeStream()
        let probe = ReadinessProbe("queue", time: SystemTime()) {
            asked.add(1, ordering: .relaxed)
            for await _ in answers {}
        }
        for _ in 0..<3 {
            let error = await probe.error(until: SystemTime().now().adding(seconds: 0.05))
            #expect(error?.code == .unavailable)
        }
        // No other check starts while one is running.
        #expect(asked.load(ordering: .relaxed) <= 1)
        answer.finish()
        #expect(await probe.error(until: SystemTime().now().adding(seconds: 60)) == nil)
    }
}

extension MemoryArtifactStore {
    /// The names of all files.
    fileprivate var names: [String] { contents.values.flatMap(\.self).sorted() }
}
