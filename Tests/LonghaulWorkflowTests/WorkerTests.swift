import LonghaulCore
import LonghaulEngine
import LonghaulJSON
import LonghaulMemory
import LonghaulTestSupport
import LonghaulWorker
import LonghaulWorkflow
import Testing

/// Durable jobs in a real worker, on the system's clock.
@Suite struct WorkerTests {
    private struct Waiter: DurableJob {
        static let kind = "waiter"
        let effects: Effects
        func run(_ payload: Int, in flow: Flow) async throws -> Int {
            flow.log("begins")
            try await flow.step("first") { effects.add("first") }
            let number = try await flow.signal("number", as: Int.self)
            flow.progress(90, "nearly done")
            try await flow.sleep(for: .milliseconds(20))
            return payload + number
        }
    }

    private func withWorker(
        _ handlers: [Handler], _ body: (Engine, Recorder<Note>) async throws -> Void
    ) async throws {
        let engine = Engine(
            store: MemoryStore.open(MemoryDatabase()), queue: StoreQueue(time: SystemTime()),
            artifacts: MemoryArtifactStore())
        try await engine.start()
        let notes = Recorder<Note>()
        var configuration = WorkerConfiguration(queues: [("default", 4)])
        configuration.logger = notes
        let worker = Worker(configuration: configuration, gateway: engine, handlers: handlers)
        worker.start()
        try await body(engine, notes)
        await worker.shutdown(grace: .seconds(5))
        await engine.stop()
    }

    @Test func suspendedAttemptIsReportedNeitherAsSuccessNorAsFailure() async throws {
        let effects = Effects()
        try await withWorker([.durable(Waiter(effects: effects))]) { engine, notes in
            let spec = JobSpec(kind: Waiter.kind, payload: try JSONText(encoding: 1))
            let id = try await engine.submit(NewJob(spec)).job.id
            try await eventually("the job is suspended") { try await engine.job(id).state == .suspended }
            #expect(try await engine.job(id).attempt == 0)
            try await engine.signal(id, name: "number", value: try JSONText(encoding: 41))
            let job = try await engine.wait(for: id, seconds: 20)
            #expect(job.result?.description == "42")
            #expect(job.attempt == 1)
            #expect(effects.all == ["first"])
            #expect(job.progress?.percent == 90)
            let lines = try await engine.logs(id, after: 0, limit: 10)
            #expect(lines.map(\.line.message) == ["begins"])
            #expect(notes.values.allSatisfy { $0.level == .info })
        }
    }

    @Test func failedDurableJobBecomesADeadLetterAtOnce() async throws {
        struct Failing: DurableJob {
            static let kind = "failing"
            func run(_ payload: Int, in flow: Flow) async throws -> Int {
                try await flow.step("charge", retry: .never) {
                    throw JobFailure(type: "declined", message: "no")
                }
                return 1
            }
        }
        try await withWorker([.durable(Failing())]) { engine, _ in
            let spec = JobSpec(kind: Failing.kind, payload: try JSONText(encoding: 1))
            let id = try await engine.submit(NewJob(spec)).job.id
            let job = try await engine.wait(for: id, seconds: 20)
            #expect(job.state == .failed)
            #expect(job.error?.type == "declined")
            #expect(job.error?.message == "the step \"charge\" failed: declined: no")
        }
    }
}
