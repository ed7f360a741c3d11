import Foundation
import LonghaulCore
import LonghaulEngine
import LonghaulFiles
import LonghaulJSON
import LonghaulSQLite
import LonghaulWorker
import Testing

/// A worker and all that stands under it, for one test.
final class Bench: Sendable {
    let folder: URL
    let engine: Engine
    let artifacts: FileArtifactStore
    private let store: SQLiteStore

    private init(time: any TimeSource) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "longhaul-worker-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        store = try SQLiteStore(path: folder.appendingPathComponent("store.db").path, time: time)
        artifacts = try FileArtifactStore(path: folder.appendingPathComponent("artifacts").path)
        var configuration = EngineConfiguration()
        // A clock that a test moves jumps. The store would take each jump for an outage, and extend the leases.
        if !(time is SystemTime) { configuration.limits.outageSeconds = nil }
        engine = Engine(
            store: store, queue: StoreQueue(time: time), artifacts: artifacts, configuration: configuration,
            time: time)
    }

    deinit {
        try? FileManager.default.removeItem(at: folder)
    }

    /// Runs a test over a started engine, and stops it whatever happens.
    static func run(
        time: any TimeSource = SystemTime(), _ body: (Bench) async throws -> Void
    ) async throws {
        let bench = try Bench(time: time)
        try await bench.engine.start()
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(bench))
        } catch {
            result = .failure(error)
        }
        await bench.engine.stop()
        await bench.store.close()
        try result.get()
    }

    /// Runs a test with a worker of these handlers.
    static func run(
        _ handlers: [Handler], slots: Int = 4, leaseSeconds: Double = 30, _ body: (Bench) async throws -> Void
    ) async throws {
        try await run { bench in
            let worker = bench.worker(handlers, slots: slots, leaseSeconds: leaseSeconds)
            worker.start()
            let result: Result<Void, any Error>
            do {
                result = .success(try await body(bench))
            } catch {
                result = .failure(error)
            }
            await worker.shutdown(grace: .zero)
            try result.get()
        }
    }

    func worker(
        _ handlers: [Handler], slots: Int = 4, leaseSeconds: Double = 30,
        promise: Double? = WorkerConfiguration.usualHeartbeatSeconds, gateway: (any WorkerGateway)? = nil
    ) -> Worker {
        var configuration = WorkerConfiguration(queues: [("default", slots)])
        configuration.info.heartbeatSeconds = promise
        configuration.leaseSeconds = leaseSeconds
        return Worker(configuration: configuration, gateway: gateway ?? engine, handlers: handlers)
    }

    /// Submits a job that is tried again at once when it fails.
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

/// Waits until a condition holds.
func eventually(_ what: String, _ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while try await !condition() {
        guard ContinuousClock.now < deadline else {
            Issue.record("not in time: \(what)")
            throw CancellationError()
        }
        try await Task.sleep(for: .milliseconds(5))
    }
}
