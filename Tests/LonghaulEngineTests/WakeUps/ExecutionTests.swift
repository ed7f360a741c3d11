import LonghaulCore
import LonghaulJSON
import LonghaulMemory
import LonghaulTestSupport
import Testing

@testable import LonghaulEngine

/// Executions of state machines wake the runners that wait for them. Every poll lasts an hour, so that a lost wake-up exceeds
/// the time limit of the suite.
@Suite(.timeLimit(.minutes(1))) struct ExecutionTests {
    private func withEngine(_ body: (Engine) async throws -> Void) async throws {
        var configuration = EngineConfiguration()
        configuration.slowPollSeconds = 3600
        configuration.maintenanceSeconds = 3600
        configuration.maxPayloadBytes = 1000
        try await withMemoryEngine(configuration, body)
    }

    private func submission(_ engine: Engine, bytes: Int = 2) -> Submission {
        let payload = JSONText(validated: Array("\"\(String(repeating: "x", count: bytes - 2))\"".utf8))
        let spec = JobSpec(
            kind: JobSpec.executionKind, payload: payload, queue: JobSpec.executionQueue)
        return Submission(id: engine.newIdentifier(), spec: spec, caller: "tests")
    }

    private func lease(_ engine: Engine) async throws -> Lease {
        let request = LeaseRequest(
            worker: WorkerInfo(id: "runner"), queues: [JobSpec.executionQueue],
            kinds: [JobSpec.executionKind], leaseSeconds: 60, waitSeconds: 600)
        return try #require(try await engine.lease(request).first)
    }

    @Test func startsReportsAndTimersWakeARunner() async throws {
        try await withEngine { engine in
            let execution = submission(engine)
            async let first = lease(engine)
            _ = try await engine.write([], starting: execution)
            let token = try await first.token
            #expect(token.jobID == execution.id)
            _ = try await engine.advance(token, ExecutionAdvance(.wait(until: nil, for: [])))
            async let second = lease(engine)
            try await engine.report(.task("1", .null), to: execution.id)
            let again = try await second.token
            var advance = ExecutionAdvance(.wait(until: engine.time.now().adding(seconds: 0.2), for: []))
            advance.handledReports = try await engine.execution(again, withParts: false).reports.map(
                \.key.name)
            guard case .released = try await engine.advance(again, advance) else {
                throw TestFailure("the execution does not wait")
            }
            #expect(try await lease(engine).token.jobID == execution.id)
        }
    }

    @Test func payloadsBeyondTheMaximumAreRefused() async throws {
        try await withEngine { engine in
            let limit = 1000 + Engine.executionBytes
            let large = submission(engine, bytes: limit + 1)
            let refused = await #expect(throws: LonghaulError.self) {
                _ = try await engine.write([], starting: large)
            }
            #expect(refused?.code == .payloadTooLarge)
            _ = try await engine.write([], starting: submission(engine, bytes: limit))
            var advance = ExecutionAdvance(.proceed)
            advance.children = [large]
            let token = try await lease(engine).token
            let child = await #expect(throws: LonghaulError.self) {
                _ = try await engine.advance(token, advance)
            }
            #expect(child?.code == .payloadTooLarge)
        }
    }

    @Test func aFullQueueSaysWhenToRetry() async throws {
        try await withEngine { engine in
            _ = try await engine.setQueue(JobSpec.executionQueue, QueueSettings(maxDepth: 1))
            _ = try await engine.write([], starting: submission(engine))
            let refused = await #expect(throws: LonghaulError.self) {
                _ = try await engine.write([], starting: submission(engine))
            }
            #expect(refused?.code == .systemBusy && refused?.retryAfterSeconds != nil)
        }
    }

    @Test func callersCannotSubmitExecutions() async throws {
        try await withEngine { engine in
            let kind = JobSpec(kind: JobSpec.executionKind)
            let direct = await #expect(throws: LonghaulError.self) {
                _ = try await engine.submit(NewJob(kind))
            }
            #expect(direct?.faults.map(\.pointer.description) == ["/kind"])
            _ = try await engine.submit(NewJob(JobSpec(kind: "a")))
            let request = LeaseRequest(worker: WorkerInfo(id: "w"), leaseSeconds: 60, waitSeconds: 600)
            let token = try #require(try await engine.lease(request).first).token
            var update = OperationUpdate(.start, .job, id: "1", name: "child")
            update.options.job = NewJob(kind)
            let child = await #expect(throws: LonghaulError.self) {
                _ = try await engine.updateJournal(token, [update])
            }
            #expect(child?.faults.map(\.pointer.description) == ["/updates/0/options/job/kind"])
            let completion = Completion(token: token, result: .null, next: [NewJob(kind)])
            let next = await #expect(throws: LonghaulError.self) {
                _ = try await engine.complete([completion]).first?.get()
            }
            #expect(next?.faults.first?.pointer.description.hasSuffix("/next/0/kind") == true)
        }
    }
}
