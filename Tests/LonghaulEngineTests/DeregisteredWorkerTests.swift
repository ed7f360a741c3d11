import LonghaulConformance
import LonghaulCore
import LonghaulEngine
import LonghaulMemory
import LonghaulTestSupport
import Testing

/// A worker that deregisters while its lease call still waits at the server.
struct DeregisteredWorkerTests {
    @Test func jobIsNotLeasedToAWorkerThatHasDeregistered() async throws {
        let time = SystemTime()
        let engine = Engine(
            store: MemoryStore.open(MemoryDatabase()), queue: StoreQueue(time: time),
            artifacts: MemoryArtifactStore())
        try await engine.start()
        var request = LeaseRequest(worker: WorkerInfo(id: "stopping"))
        request.waitSeconds = 30
        let call = Task { [request] in try await engine.lease(request) }
        try await eventually("the call registers the worker") { try await !engine.workers().isEmpty }
        _ = try await engine.deregister("stopping")
        let job = try await engine.submit(NewJob(JobSpec(kind: "work")), caller: "tests").job
        #expect(try await call.value.isEmpty)
        let state = try await engine.job(job.id)
        #expect(state.state == .pending && state.attempt == 0)
        await engine.stop()
    }
}
