import LonghaulCore
import LonghaulEngine
import LonghaulFiles
import LonghaulJSON
import LonghaulSQLite
import LonghaulTestSupport
import LonghaulWorker
import Testing

/// A worker with its engine and store, for one test.
final class Bench: Sendable {
    let folder: TemporaryFolder
    let engine: Engine
    let artifacts: FileArtifactStore
    private let store: any JobStore

    private init(time: any TimeSource) throws {
        folder = try TemporaryFolder()
        store = try SQLiteStore.open(path: folder.file("store.db"), time: time)
        artifacts = try FileArtifactStore(path: folder.file("artifacts"))
        var configuration = EngineConfiguration()
        // A manual clock jumps. The store would count each jump as an outage, and extend the leases.
        if !(time is SystemTime) { configuration.limits.outageSeconds = nil }
        engine = Engine(
            store: store, queue: StoreQueue(time: time), artifacts: artifacts, configuration: configuration,
            time: time)
    }

    /// Runs a test with a started engine, and stops the engine in every case.
    static func run(
        time: any TimeSource = SystemTime(), _ body: (Bench) async throws -> Void
    ) async throws {
        let bench = try Bench(time: time)
        try await bench.engine.start()
        try await withCleanup {
            await bench.engine.stop()
            await bench.store.close()
        } _: {
            try await body(bench)
        }
    }

    /// Runs a test with a worker of these handlers.
    static func run(
        _ handlers: [Handler], slots: Int = 4, leaseSeconds: Double = 30, _ body: (Bench) async throws -> Void
    ) async throws {
        try await run { bench in
            let worker = bench.worker(handlers, slots: slots, leaseSeconds: leaseSeconds)
            try await bench.run(worker) { try await body(bench) }
        }
    }

    /// Runs a test while the worker runs.
    func run(_ worker: Worker, _ body: () async throws -> Void) async throws {
        worker.start()
        try await withCleanup {
            await worker.shutdown(grace: .zero)
        } _: {
            try await body()
        }
    }

    func worker(
        _ handlers: [Handler], slots: Int = 4, leaseSeconds: Double = 30,
        heartbeatSeconds: Double? = WorkerConfiguration.defaultHeartbeatSeconds,
        outageSeconds: Double = 3600, pollSeconds: Double = 20, gateway: (any WorkerGateway)? = nil
    ) -> Worker {
        var configuration = WorkerConfiguration(queues: [("default", slots)])
        configuration.info.heartbeatIntervalSeconds = heartbeatSeconds
        configuration.leaseSeconds = leaseSeconds
        configuration.outageSeconds = outageSeconds
        configuration.pollSeconds = pollSeconds
        configuration.logger = nil
        return Worker(configuration: configuration, gateway: gateway ?? engine, handlers: handlers)
    }

    /// Submits a job that is retried at once if it fails.
    func submit(
        _ kind: String = "test", payload: String = "{}", attempts: Int = 4
    ) async throws -> JobID {
        var job = NewJob(JobSpec(kind: kind, payload: JSONText(validated: Array(payload.utf8))))
        job.spec.maxAttempts = attempts
        job.spec.backoff = Backoff(growth: .fixed, initialSeconds: 0, jitter: 0)
        return try await engine.submit(job).job.id
    }

    /// Submits a job and waits until it has ended.
    func finish(
        _ kind: String = "test", payload: String = "{}", attempts: Int = 4
    ) async throws -> Job {
        let job = try await engine.wait(
            for: try await submit(kind, payload: payload, attempts: attempts), seconds: 60)
        #expect(job.state.isFinal)
        return job
    }

    func logs(_ id: JobID) async throws -> [String] {
        try await engine.logs(id, after: 0, limit: 500).map(\.line.message)
    }
}

extension Job {
    /// The result as text.
    var resultText: String { result?.description ?? "" }
}
