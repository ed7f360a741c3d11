import LonghaulConcurrency
import LonghaulCore
import LonghaulMemory
import LonghaulStore
import LonghaulTestSupport
import Testing

@testable import LonghaulEngine

/// Nothing that is due, freed, published or waited for is left to a slow poll: here every poll lasts an hour.
///
/// The calls wait for ten minutes, so that a lost wake-up exceeds the time limit of the suite.
@Suite(.timeLimit(.minutes(1))) struct WakeUpTests {
    private let driver = HookedDriver()
    private let worker = WorkerInfo(id: "w1")

    private func withEngine(
        _ queue: any JobQueue = StoreQueue(time: SystemTime()), _ body: (Engine) async throws -> Void
    ) async throws {
        var configuration = EngineConfiguration()
        configuration.slowPollSeconds = 3600
        configuration.maintenanceSeconds = 3600
        configuration.reconcileSeconds = 3600
        let engine = Engine(
            store: Store(driver), queue: queue, artifacts: MemoryArtifactStore(), configuration: configuration
        )
        try await withCleanup {
            await engine.stop()
        } _: {
            try await engine.start()
            try await body(engine)
        }
    }

    private func job(_ kind: String = "a", _ change: (inout NewJob) -> Void = { _ in }) -> NewJob {
        var job = NewJob(JobSpec(kind: kind))
        change(&job)
        return job
    }

    private func request(_ kinds: [String] = [], lease: Double = 60, max: Int = 1) -> LeaseRequest {
        LeaseRequest(worker: worker, kinds: kinds, maxJobs: max, leaseSeconds: lease, waitSeconds: 600)
    }

    private func lease(_ engine: Engine, _ request: LeaseRequest? = nil) async throws -> Lease {
        try #require(try await engine.lease(request ?? self.request()).first)
    }

    private let failure = JobError(type: "boom", message: "it failed", retryable: false)

    // MARK: Callers that wait for a job

    @Test func waitEndsWhenTheJobFails() async throws {
        try await withEngine { engine in
            let id = try await engine.submit(job()).job.id
            let lease = try await lease(engine)
            async let ended = engine.wait(for: id, seconds: 600)
            try await eventually("the call waits") { engine.endWaiters.isWaiting(id) }
            _ = try await engine.fail(Failure(token: lease.token, error: failure))
            #expect(try await ended.state == .failed)
        }
    }

    @Test func waitEndsWhenTheJobIsCancelled() async throws {
        try await withEngine { engine in
            let id = try await engine.submit(job()).job.id
            async let ended = engine.wait(for: id, seconds: 600)
            try await eventually("the call waits") { engine.endWaiters.isWaiting(id) }
            _ = try await engine.cancel(id)
            #expect(try await ended.state == .cancelled)
        }
    }

    @Test func waitEndsWhenTheJobEndsWhileItIsRead() async throws {
        try await withEngine { engine in
            let id = try await engine.submit(job()).job.id
            let once = Once()
            driver.afterRead { if once.use() { _ = try await engine.cancel(id) } }
            #expect(try await engine.wait(for: id, seconds: 600).state == .cancelled)
        }
    }

    @Test func waitForLogsEndsWithNewLines() async throws {
        try await withEngine { engine in
            let id = try await engine.submit(job()).job.id
            let lease = try await lease(engine)
            async let lines = engine.waitForLogs(id, after: 0, limit: 10, seconds: 600)
            try await eventually("the call waits") { engine.logWaiters.isWaiting(id) }
            try await engine.appendLogs(lease.token, [LogLine(at: engine.time.now(), message: "hello")])
            #expect(try await lines.map(\.line.message) == ["hello"])
        }
    }

    // MARK: Workers that wait for jobs

    @Test func endOfAJobWakesAWorkerThatWaitsForRoom() async throws {
        try await withEngine { engine in
            _ = try await engine.setQueue("default", QueueSettings(maxConcurrency: 1))
            for _ in 0..<2 { _ = try await engine.submit(job()) }
            let first = try await lease(engine)
            let next = Task { try await lease(engine) }
            try await waits(engine)
            _ = try await engine.complete([Completion(token: first.token)])
            #expect(try await next.value.token.jobID != first.token.jobID)
        }
    }

    @Test func resumedQueueWakesAWaitingWorker() async throws {
        try await withEngine { engine in
            _ = try await engine.setQueue("default", QueueSettings(paused: true))
            _ = try await engine.submit(job())
            let next = Task { try await lease(engine) }
            try await waits(engine)
            _ = try await engine.pauseQueue("default", false)
            _ = try await next.value
        }
    }

    @Test func returningTokenOfARateLimitWakesAWaitingWorker() async throws {
        try await withEngine { engine in
            let limit = RateLimit(jobs: 1, periodSeconds: 0.2)
            _ = try await engine.setQueue("default", QueueSettings(rateLimit: limit))
            for _ in 0..<4 { _ = try await engine.submit(job()) }
            for _ in 0..<4 { _ = try await lease(engine) }
        }
    }

    @Test func jobThatStartsWhileTheRateLimitIsReadIsNoticed() async throws {
        try await withEngine { engine in
            for _ in 0..<3 { _ = try await engine.submit(job()) }
            let once = Once()
            // The watch of the new limit finds a full bucket. Before it learns this, a job takes the only token.
            let started = Event<Void>()
            driver.afterRead {
                guard once.use() else { return }
                _ = try await self.lease(engine)
                started.fire()
            }
            // Only the watch reads the store: a change by the engine makes other services read it too.
            let settings = QueueSettings(rateLimit: RateLimit(jobs: 1, periodSeconds: 0.2))
            _ = try await engine.store.setQueue("default", settings)
            engine.rateWaker.set("default", settings)
            await started.wait()
            _ = try await lease(engine)
            _ = try await lease(engine)
        }
    }

    @Test func tokenThatReturnsWhileTheStoreIsReadWakesAWaitingWorker() async throws {
        try await withEngine { engine in
            let limit = RateLimit(jobs: 1, periodSeconds: 0.2)
            _ = try await engine.setQueue("default", QueueSettings(rateLimit: limit))
            for _ in 0..<2 { _ = try await engine.submit(job()) }
            let first = Event<Lease>()
            let next = Event<Task<Lease, any Error>>()
            let once = Once()
            // The first start empties the bucket. Before the watch gets the answer to its query, another worker waits and
            // the token returns. Other services read the store too, so each answer is late.
            driver.beforeWrite { call in
                guard case .claim = call else { return }
                driver.afterRead {
                    _ = await first.wait()
                    if once.use() {
                        let call = Task { try await lease(engine) }
                        try await waits(engine)
                        next.fire(call)
                    }
                    try await Task.sleep(for: .seconds(2 * limit.periodSeconds))
                }
            }
            first.fire(try await lease(engine))
            #expect(try await next.wait().value.token != first.value?.token)
        }
    }

    @Test func oneHintForTwoJobsWakesTwoWorkers() async throws {
        try await withEngine { engine in
            // Both calls find the store empty. Two jobs arrive before the calls wait, and leave one hint.
            let emptyClaims = Gate(parties: 2)
            driver.afterWrite { if case .claim = $0 { await emptyClaims.arrive() } }
            let calls = (0..<2).map { _ in Task { try await lease(engine) } }
            await emptyClaims.isFull.wait()
            driver.afterWrite(nil)
            let jobs = NewJobBatch(jobs: [job(), job()])
            _ = try await engine.submit(jobs)
            try await eventually("the jobs are published") { engine.storeQueue?.hintCount == 1 }
            emptyClaims.opening.fire()
            for call in calls { _ = try await call.value }
        }
    }

    @Test func jobOfACallWhoseCallerHasLeftIsPendingAtOnce() async throws {
        try await withEngine { engine in
            let id = try await engine.submit(job()).job.id
            let hasClaimed = Event<Void>()
            let hasLeft = Event<Void>()
            driver.afterWrite { call in
                guard case .claim = call else { return }
                hasClaimed.fire()
                await hasLeft.wait()
            }
            let call = Task { try await lease(engine) }
            await hasClaimed.wait()
            driver.afterWrite(nil)
            call.cancel()
            hasLeft.fire()
            await #expect(throws: CancellationError.self) { try await call.value }
            let released = try await engine.job(id)
            #expect(released.state == .pending)
            #expect(released.attempt == 0)
        }
    }

    @Test func failedClaimPassesItsHintOn() async throws {
        try await withEngine { engine in
            let first = Task { try await lease(engine, request(["a"])) }
            try await waits(engine)
            let second = Task { try await lease(engine) }
            try await waits(engine, 2)
            let once = Once()
            driver.beforeWrite { call in
                guard case .claim = call, once.use() else { return }
                throw LonghaulError(.unavailable, "the database is busy")
            }
            let id = try await engine.submit(job()).job.id
            await #expect(throws: LonghaulError.self) { try await first.value }
            #expect(try await second.value.token.jobID == id)
        }
    }

    /// Waits until this number of lease calls wait.
    private func waits(_ engine: Engine, _ count: Int = 1) async throws {
        try await eventually("\(count) lease calls wait") { engine.storeQueue?.waiting == count }
    }

    // MARK: Jobs that are due

    @Test func jobThatIsPlannedDuringARoundBecomesDue() async throws {
        try await withEngine { engine in
            let once = Once()
            driver.afterWrite { call in
                guard case .maintain = call, once.use() else { return }
                _ = try await engine.submit(job { $0.start = .after(seconds: 0.05) })
            }
            engine.maintenance.plan(engine.time.now())
            _ = try await lease(engine)
        }
    }

    @Test func expiredLeaseIsGivenToAWaitingWorker() async throws {
        try await withEngine { engine in
            _ = try await engine.submit(job { $0.spec.backoff = Backoff(growth: .fixed, initialSeconds: 0) })
            let first = try await lease(engine, request(lease: 0.3))
            #expect(try await lease(engine).token.fence > first.token.fence)
        }
    }

    @Test func releasedJobExpires() async throws {
        try await withEngine { engine in
            let expiresAt = engine.time.now().adding(seconds: 1.5)
            let id = try await engine.submit(job { $0.spec.expiresAt = expiresAt }).job.id
            let lease = try await lease(engine)
            // A round that runs while the job is leased does not find its expiry.
            let hasRun = Event<Void>()
            driver.afterWrite { if case .maintain = $0 { hasRun.fire() } }
            engine.maintenance.plan(engine.time.now())
            await hasRun.wait()
            _ = try await engine.release(lease.token)
            #expect(try await engine.wait(for: id, seconds: 600).error == .expired)
        }
    }

    @Test func nextJobExpires() async throws {
        try await withEngine { engine in
            _ = try await engine.submit(job())
            let lease = try await lease(engine)
            let next = job("b") { $0.spec.expiresAt = engine.time.now().adding(seconds: 1) }
            _ = try await engine.complete([Completion(token: lease.token, next: [next])])
            let page = try await engine.jobs(JobFilter(), after: nil, limit: 1)
            let id = try #require(page.jobs.first?.id)
            #expect(try await engine.wait(for: id, seconds: 600).state == .cancelled)
        }
    }

    // MARK: Publications

    @Test func refusedPublicationIsTriedAgain() async throws {
        let queue = RejectingQueue(rejections: 2)
        try await withEngine(queue) { engine in
            let id = try await engine.submit(job()).job.id
            #expect(try await lease(engine).token.jobID == id)
            #expect(queue.rejectionsLeft == 0)
        }
    }

    @Test func jobWhoseClaimFailedIsPublishedAgain() async throws {
        let queue = RejectingQueue(rejections: 0)
        try await withEngine(queue) { engine in
            let once = Once()
            driver.beforeWrite { call in
                guard case .claimJobs = call, once.use() else { return }
                throw LonghaulError(.unavailable, "the database is busy")
            }
            let id = try await engine.submit(job()).job.id
            await #expect(throws: LonghaulError.self) { try await lease(engine) }
            #expect(try await lease(engine).token.jobID == id)
        }
    }
}

extension Engine {
    fileprivate var storeQueue: StoreQueue? { queue as? StoreQueue }
}
