import LonghaulCore
import LonghaulEngine
import LonghaulJSON
import LonghaulMemory
import LonghaulTestSupport
import LonghaulTracing
import Testing

/// The spans of a worker's attempts.
struct TracingGatewayTests {
    private static let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    /// Runs a body with an engine and a tracing gateway. Returns the spans.
    private func spans(
        of body: (Engine, TracingGateway) async throws -> Void
    ) async throws -> [TraceCollector.Span] {
        let engine = Engine(
            store: MemoryStore.open(MemoryDatabase()), queue: StoreQueue(time: SystemTime()),
            artifacts: MemoryArtifactStore())
        try await engine.start()
        var found: [TraceCollector.Span] = []
        try await TraceCollector.run { collector, url in
            let tracer = try Tracer(Tracer.Configuration(endpoint: url, service: "test", version: "1"))
            try await body(engine, TracingGateway(engine, tracer: tracer, worker: "w"))
            await tracer.stop()
            found = collector.spans
        }
        await engine.stop()
        return found
    }

    private func job(_ kind: String = "a", attempts: Int = 4) -> NewJob {
        var job = NewJob(JobSpec(kind: kind))
        job.spec.traceparent = Self.parent
        job.spec.maxAttempts = attempts
        job.spec.backoff = Backoff(growth: .fixed, initialSeconds: 0, jitter: 0)
        return job
    }

    private func lease(_ gateway: TracingGateway) async throws -> Lease {
        try #require(
            try await gateway.lease(LeaseRequest(worker: WorkerInfo(id: "w"), waitSeconds: 30)).first)
    }

    @Test func recordsWaitRunAndSteps() async throws {
        let spans = try await spans { engine, gateway in
            _ = try await engine.submit(job())
            let lease = try await lease(gateway)
            #expect(try await gateway.step(lease.token, name: "one") == nil)
            let output = JSONText(validated: Array("1".utf8))
            _ = try await gateway.putStep(lease.token, name: "one", output: output)
            #expect(try await gateway.step(lease.token, name: "one") == output)
            _ = try await gateway.complete([Completion(token: lease.token)])
        }
        #expect(spans.map(\.name) == ["wait a", "step one", "step one", "run a"])
        #expect(Set(spans.map(\.traceID)) == ["0af7651916cd43dd8448eb211c80319c"])
        let run = try #require(spans.last)
        #expect(spans[0].parentID == "b7ad6b7169203331" && run.parentID == "b7ad6b7169203331")
        #expect(spans[1].parentID == run.spanID && spans[2].parentID == run.spanID)
        #expect(spans[2].attributes["longhaul.step.skipped"] == "true")
        #expect(run.kind == 5 && run.status == nil && run.end >= run.start)
        #expect(run.attributes["longhaul.attempt"] == "1" && run.attributes["longhaul.worker"] == "w")
        #expect(run.links == ["b7ad6b7169203331"] && run.attributes["error.type"] == nil)
        let messaging = run.attributes.filter { $0.key.hasPrefix("messaging.") }
        #expect(
            messaging == [
                "messaging.system": "longhaul", "messaging.operation.name": "run",
                "messaging.operation.type": "process", "messaging.destination.name": "default",
                "messaging.message.id": run.attributes["longhaul.job.id"] ?? "", "messaging.client.id": "w",
            ])
    }

    @Test func recordsTheOperationsOfADurableJob() async throws {
        let spans = try await spans { engine, gateway in
            let id = try await engine.submit(job()).job.id
            let first = try await lease(gateway)
            var child = OperationUpdate(.start, .job, id: "c", name: "child")
            child.options.job = NewJob(JobSpec(kind: "b", queue: "other"))
            var failure = OperationUpdate(.retry, .step, id: "s", name: "pay")
            failure.error = JobError(type: "down", message: "m")
            failure.options.delaySeconds = 600
            _ = try await gateway.updateJournal(
                first.token,
                [
                    OperationUpdate(.start, .step, id: "s", name: "pay"), failure, child,
                    OperationUpdate(.start, .signal, id: "w", name: "go"),
                ])
            guard case .suspended = try await gateway.suspend(first.token, on: ["w"]) else {
                throw TestFailure("the job is not suspended")
            }
            _ = try await engine.signal(id, name: "go")
            let work = LeaseRequest(worker: WorkerInfo(id: "x"), queues: ["other"], waitSeconds: 30)
            let next = try #require(try await engine.lease(work).first)
            #expect(next.job.spec.traceparent?.contains("0af7651916cd43dd8448eb211c80319c") == true)
            let second = try await lease(gateway)
            _ = try await gateway.continueAsNew(second.token, payload: .null)
        }
        #expect(spans.map(\.name) == ["wait a", "step pay", "run a", "wait a", "signal go", "run a"])
        #expect(Set(spans.map(\.traceID)).count == 1)
        #expect(spans[1].parentID == spans[2].spanID && spans[1].message == "down: m")
        #expect(spans[1].attributes["longhaul.operation.status"] == "retried")
        #expect(spans[2].attributes["longhaul.suspended"] == "true")
        #expect(spans[4].parentID == spans[5].spanID)
        #expect(spans[5].attributes["longhaul.continued_as_new"] == "true")
    }

    @Test func retriesAndChainsStayInTheTrace() async throws {
        let spans = try await spans { engine, gateway in
            _ = try await engine.submit(job())
            var lease = try await lease(gateway)
            let error = JobError(type: "boom", message: "m")
            _ = try await gateway.fail(Failure(token: lease.token, error: error))
            lease = try await self.lease(gateway)
            let next = NewJob(JobSpec(kind: "next"))
            _ = try await gateway.complete([Completion(token: lease.token, next: [next])])
            lease = try await self.lease(gateway)
            _ = try await gateway.release(lease.token)
        }
        #expect(spans.map(\.name) == ["wait a", "run a", "wait a", "run a", "wait next", "run next"])
        #expect(Set(spans.map(\.traceID)).count == 1)
        #expect(spans[1].status == 2 && spans[1].message == "boom: m")
        #expect(spans[1].attributes["error.type"] == "boom")
        #expect(spans[3].status == nil && spans[3].attributes["longhaul.attempt"] == "2")
        #expect(spans[5].parentID == spans[3].spanID)
        #expect(spans[5].attributes["longhaul.released"] == "true")
    }

    @Test func programGetsTheRunSpanAsItsParent() async throws {
        let spans = try await spans { engine, gateway in
            _ = try await engine.submit(job())
            let lease = try await lease(gateway)
            let given = try #require(lease.job.spec.traceparent.flatMap { TraceContext(traceparent: $0) })
            #expect(given.traceparent != Self.parent)
            _ = try await gateway.complete([Completion(token: lease.token)])
            // Without a tracing gateway, the next job is still in the same trace.
            _ = try await engine.submit(job("parent"))
            let other = try #require(
                try await engine.lease(LeaseRequest(worker: WorkerInfo(id: "x"), waitSeconds: 30)).first)
            let next = Completion(token: other.token, next: [NewJob(JobSpec(kind: "child"))])
            _ = try await engine.complete([next])
            #expect(try await self.lease(gateway).job.spec.traceparent?.contains("0af7651916cd") == true)
        }
        #expect(spans.map(\.name) == ["wait a", "run a", "wait child"])
    }

    @Test func heartbeatsWithoutLeasesEndNoRunSpan() async throws {
        let spans = try await spans { engine, gateway in
            _ = try await engine.submit(job())
            let lease = try await lease(gateway)
            for _ in 0..<3 { _ = try await gateway.heartbeat(Heartbeat(workerID: "w")) }
            _ = try await gateway.complete([Completion(token: lease.token)])
        }
        #expect(spans.map(\.name) == ["wait a", "run a"])
        #expect(spans.last?.status == nil)
    }

    @Test func runSpanEndsWithAnUnreportedEndOfTheAttempt() async throws {
        let spans = try await spans { engine, gateway in
            let cancelled = try await engine.submit(job()).job
            let first = try await lease(gateway)
            _ = try await engine.cancel(cancelled.id)
            _ = try await gateway.heartbeat(
                Heartbeat(workerID: "w", beats: [Heartbeat.Beat(token: first.token)]))
            _ = try await engine.submit(job())
            _ = try await lease(gateway)
            _ = try await engine.submit(job("kept"))
            let kept = Heartbeat.Beat(token: try await lease(gateway).token)
            for _ in 0..<2 { _ = try await gateway.heartbeat(Heartbeat(workerID: "w", beats: [kept])) }
        }
        let runs = spans.filter { $0.name == "run a" }
        #expect(runs.map(\.status) == [2, 2])
        #expect(runs.map { $0.attributes["error.type"] } == ["cancelled", "abandoned"])
    }
}
