import LonghaulConformance
import LonghaulCore
import LonghaulEngine
import LonghaulJSON
import LonghaulTestSupport
import LonghaulWorker
import Synchronization
import Testing

private struct Double: JobKind {
    static let kind = "double"
    struct Payload: Codable, Sendable { var n: Int }
    struct Output: Codable, Sendable { var n: Int }
}

/// Handlers in Swift, with a real engine.
@Suite struct WorkerTests {
    @Test func runsATypedHandler() async throws {
        let handler = Handler.swift(Double.self) { payload, context in
            context.progress(50, "half")
            context.log("doubling \(payload.n)")
            try await context.artifact("n.txt", bytes: Array("\(payload.n)".utf8))
            return Double.Output(n: payload.n * 2)
        }
        try await Bench.run([handler]) { bench in
            let job = try await bench.finish("double", payload: #"{"n": 21}"#)
            #expect(job.state == .completed)
            #expect(job.resultText == #"{"n":42}"#)
            #expect(job.artifacts.map(\.name) == ["n.txt"])
            #expect(job.artifacts.first?.contentType == "text/plain")
            #expect(try await bench.logs(job.id) == ["doubling 21"])
        }
    }

    /// During this time, its only lease call waits for twenty seconds.
    @Test func idleWorkerSendsHeartbeats() async throws {
        try await Bench.run([Handler(kind: "test") { _ in Handler.Output() }]) { bench in
            try await eventually("the worker has called for jobs, and then sent two heartbeats") {
                guard let worker = try await bench.engine.workers().first else { return false }
                return worker.lastSeenAt.seconds(since: worker.firstSeenAt) > 2
            }
            let worker = try #require(await bench.engine.workers().first)
            #expect(worker.info.heartbeatIntervalSeconds == WorkerConfiguration.defaultHeartbeatSeconds)
        }
    }

    @Test func payloadOfAnotherTypeFailsWithoutRetry() async throws {
        let handler = Handler.swift(Double.self) { payload, _ in Double.Output(n: payload.n) }
        try await Bench.run([handler]) { bench in
            let job = try await bench.finish("double", payload: #"{"n": "x"}"#)
            #expect(job.state == .failed)
            #expect(job.attempt == 1)
            #expect(job.error?.type == "invalid_payload")
            #expect(job.error?.message.hasPrefix("/n: ") == true)
        }
    }

    @Test func thrownErrorIsRetried() async throws {
        struct Broken: Error {}
        let handler = Handler(kind: "test") { context in
            if context.attempt < 3 { throw Broken() }
            return Handler.Output()
        }
        try await Bench.run([handler]) { bench in
            let job = try await bench.finish()
            #expect(job.state == .completed)
            #expect(job.attempts.map(\.error?.type) == ["Broken", "Broken", nil])
        }
    }

    @Test func permanentErrorIsNotRetried() async throws {
        let handler = Handler(kind: "test") { _ in
            throw JobFailure(type: "bad_input", message: "no", retryable: false)
        }
        try await Bench.run([handler]) { bench in
            let job = try await bench.finish()
            #expect(job.state == .failed)
            #expect(job.attempt == 1)
            #expect(job.error?.type == "bad_input")
        }
    }

    @Test func checkpointRunsOnce() async throws {
        let runs = Mutex(0)
        let handler = Handler(kind: "test") { context in
            let value = try await context.step("expensive") {
                runs.withLock { runs in
                    runs += 1
                    return runs
                }
            }
            if context.attempt == 1 { throw JobFailure(type: "late", message: "after the step") }
            return Handler.Output(result: try JSONText(encoding: value))
        }
        try await Bench.run([handler]) { bench in
            let job = try await bench.finish()
            #expect(job.state == .completed)
            #expect(job.attempt == 2)
            #expect(job.resultText == "1")
        }
        #expect(runs.withLock { $0 } == 1)
    }

    @Test func attemptEndsAtItsTimeout() async throws {
        let handler = Handler(kind: "test", timeoutSeconds: 0.1) { _ in
            try await Task.sleep(for: .seconds(600))
            return Handler.Output()
        }
        try await Bench.run([handler]) { bench in
            let job = try await bench.finish(attempts: 2)
            #expect(job.state == .failed)
            #expect(job.attempts.map(\.error?.type) == ["timeout", "timeout"])
        }
    }

    @Test func handlerThatIgnoresItsTimeoutIsAbandoned() async throws {
        let (blocked, release) = AsyncStream<Void>.makeStream()
        let handler = Handler(kind: "test", timeoutSeconds: 0.1, endSeconds: 0.1) { _ in
            // The handler ignores its cancellation.
            await Task { for await _ in blocked {} }.value
            return Handler.Output()
        }
        try await Bench.run([handler]) { bench in
            let job = try await bench.finish(attempts: 1)
            #expect(job.state == .failed)
            #expect(job.error?.type == "timeout")
            release.finish()
        }
    }

    @Test func cancellationOfAJobStopsItsHandler() async throws {
        let stopped = Mutex(false)
        // Each change of the progress causes a heartbeat, and its answer has the cancellation. The lease is long, because
        // its end would stop the handler as well.
        let handler = Handler(kind: "test") { context in
            do {
                for step in 0... {
                    context.progress(step % 2 == 0 ? 10 : 20)
                    try await Task.sleep(for: .milliseconds(100))
                }
            } catch {
                stopped.withLock { $0 = true }
                throw error
            }
            return Handler.Output()
        }
        try await Bench.run([handler], leaseSeconds: 600) { bench in
            let id = try await bench.submit()
            try await eventually("the job runs") { try await bench.engine.job(id).state == .processing }
            _ = try await bench.engine.cancel(id)
            try await eventually("the handler is stopped") { stopped.withLock { $0 } }
            #expect(try await bench.engine.job(id).state == .cancelled)
        }
    }

    /// A manual clock, so that a lease does not expire before its heartbeat on a slow machine.
    @Test func heartbeatsKeepALongJob() async throws {
        let time = ManualTime()
        let (blocked, release) = AsyncStream<Void>.makeStream()
        let handler = Handler(kind: "test") { context in
            context.progress(10)
            for await _ in blocked {}
            return Handler.Output()
        }
        try await Bench.run(time: time) { bench in
            // With one slot and no heartbeat interval, a busy worker calls the gateway only to renew its lease.
            let worker = bench.worker([handler], slots: 1, heartbeatSeconds: nil)
            worker.start()
            let id = try await bench.submit()
            try await eventually("the job reports progress") {
                try await bench.engine.job(id).progress != nil
            }
            let forgotten = try await bench.submit("forgotten")
            let dead = LeaseRequest(
                worker: WorkerInfo(id: "dead", name: "dead"), queues: ["default"], kinds: ["forgotten"],
                leaseSeconds: 30)
            #expect(try await bench.engine.lease(dead).map(\.job.id) == [forgotten])

            time.advance(seconds: 20)
            try await eventually("the worker has renewed its lease") {
                let known = try await bench.engine.workers()
                return known.contains { $0.info.id != "dead" && $0.lastSeenAt == time.now() }
            }
            time.advance(seconds: 20)
            try await eventually("the lease without heartbeats has ended") {
                try await bench.engine.job(forgotten).state != .processing
            }
            let job = try await bench.engine.job(id)
            #expect(job.attempt == 1 && job.state == .processing)
            #expect(job.progress?.percent == 10)
            release.finish()
            try await eventually("the job is completed") {
                try await bench.engine.job(id).state == .completed
            }
            await worker.shutdown(grace: .zero)
        }
    }

    @Test func concurrencyOfQueueAndKindIsRespected() async throws {
        let counts = Mutex<(now: [String: Int], most: [String: Int])>(([:], [:]))
        func handler(_ kind: String, concurrency: Int?) -> Handler {
            Handler(kind: kind, concurrency: concurrency) { _ in
                counts.withLock { counts in
                    for key in [kind, "all"] {
                        counts.now[key, default: 0] += 1
                        counts.most[key] = max(counts.most[key] ?? 0, counts.now[key] ?? 0)
                    }
                }
                await Task.yield()
                counts.withLock { counts in
                    for key in [kind, "all"] { counts.now[key, default: 0] -= 1 }
                }
                return Handler.Output()
            }
        }
        try await Bench.run([handler("narrow", concurrency: 1), handler("wide", concurrency: nil)], slots: 3)
        {
            bench in
            var ids: [JobID] = []
            for _ in 0..<20 {
                ids.append(try await bench.submit("narrow"))
                ids.append(try await bench.submit("wide"))
            }
            for id in ids { #expect(try await bench.engine.wait(for: id, seconds: 60).state == .completed) }
        }
        let most = counts.withLock { $0.most }
        #expect(most["narrow"] == 1)
        #expect(most["all"] ?? 0 <= 3)
    }

    @Test func stopLetsRunningJobsFinish() async throws {
        let (blocked, release) = AsyncStream<Void>.makeStream()
        let hasBegun = Atomic(false)
        let handler = Handler(kind: "test") { _ in
            hasBegun.store(true, ordering: .releasing)
            for await _ in blocked {}
            return Handler.Output()
        }
        try await Bench.run { bench in
            let worker = bench.worker([handler])
            worker.start()
            let id = try await bench.submit()
            // A leased job that has not started would be released.
            try await eventually("the job runs") { hasBegun.load(ordering: .acquiring) }
            async let stopped: Void = worker.shutdown(grace: .seconds(60))
            release.finish()
            await stopped
            #expect(try await bench.engine.job(id).state == .completed)
        }
    }

    @Test func stoppedWorkerIsNoLongerListed() async throws {
        try await Bench.run { bench in
            let worker = bench.worker([Handler(kind: "test") { _ in Handler.Output() }])
            worker.start()
            _ = try await bench.finish()
            #expect(try await bench.engine.workers().count == 1)
            await worker.shutdown(grace: .zero)
            #expect(try await bench.engine.workers().isEmpty)
        }
    }

    /// This happens if the connection breaks at the moment of the stop.
    @Test func leaseThatTheWorkerMissedIsReleasedAtTheStop() async throws {
        try await Bench.run { bench in
            let worker = bench.worker([Handler(kind: "test") { _ in Handler.Output() }])
            let id = try await bench.submit()
            var request = LeaseRequest(worker: worker.info)
            request.leaseSeconds = 600
            #expect(try await bench.engine.lease(request).map(\.job.id) == [id])
            await worker.shutdown(grace: .zero)
            let job = try await bench.engine.job(id)
            #expect(job.state == .pending)
            #expect(job.attempt == 0)
        }
    }

    @Test func stopReleasesUnfinishedJobs() async throws {
        let handler = Handler(kind: "test") { _ in
            try await Task.sleep(for: .seconds(600))
            return Handler.Output()
        }
        try await Bench.run { bench in
            let worker = bench.worker([handler])
            worker.start()
            let id = try await bench.submit()
            try await eventually("the job runs") { try await bench.engine.job(id).state == .processing }
            await worker.shutdown(grace: .milliseconds(10))
            let job = try await bench.engine.job(id)
            #expect(job.state == .pending)
            #expect(job.attempt == 0)
            await worker.shutdown(grace: .zero)
        }
    }

    @Test func workerStoppedBeforeItsStartLeasesNothing() async throws {
        try await Bench.run { bench in
            let worker = bench.worker([Handler(kind: "test") { _ in Handler.Output() }])
            await worker.shutdown(grace: .zero)
            worker.start()
            let id = try await bench.submit()
            #expect(try await bench.engine.wait(for: id, seconds: 0.1).state == .pending)
        }
    }

    @Test func reportIsRetriedUntilItArrives() async throws {
        let handler = Handler(kind: "test") { context in
            if context.attempt == 1 { throw JobFailure(type: "first", message: "again") }
            return Handler.Output(result: JSONText(validated: Array("7".utf8)))
        }
        try await Bench.run { bench in
            let gateway = FlakyGateway(bench.engine)
            let worker = bench.worker([handler], gateway: gateway)
            worker.start()
            let job = try await bench.finish()
            #expect(job.state == .completed)
            #expect(job.attempt == 2)
            #expect(job.resultText == "7")
            await worker.shutdown(grace: .zero)
        }
    }
}
