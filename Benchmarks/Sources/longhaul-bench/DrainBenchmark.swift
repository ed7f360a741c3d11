import Foundation
import LonghaulCore
import LonghaulEngine
import LonghaulWorker
import RawSQLite
import Synchronization

/// Claims, runs and completes no-op jobs, with each step durable, beside a C loop that inserts, claims and completes rows
/// with 128 per commit. Reports the rate without and with the submission.
struct DrainBenchmark {
    let jobs: Int
    /// The number of rows in a transaction of the C loop.
    private static let group = 128
    /// The number of jobs that the worker runs at once.
    private static let slots = 512

    func run() async throws {
        let raw = try rawSeconds()
        let rig = try Rig()
        try await rig.engine.start()
        try await Rig.openWide(rig.engine)
        let submitting = try await seconds { try await Rig.submit(jobs, to: rig.engine) }
        let draining = try await seconds { try await Self.drain(jobs, rig) }
        try await rig.end()
        let rates = (
            raw: Double(jobs) / raw.reduce(0, +), drained: Double(jobs) / draining,
            whole: Double(jobs) / (submitting + draining)
        )
        report([
            "jobs": Double(jobs), "raw_per_second": rates.raw, "drained_per_second": rates.drained,
            "drained_ratio": rates.drained / rates.raw, "whole_per_second": rates.whole,
            "whole_ratio": rates.whole / rates.raw,
        ])
    }

    private func rawSeconds() throws -> [Double] {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("raw-sqlite-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var steps = [0.0, 0.0, 0.0]
        let line = raw_sqlite_run(
            folder.appendingPathComponent("raw.db").path, Int32(jobs), Int32(Self.group), &steps)
        guard line == 0 else { throw LonghaulError(.internal, "the raw loop failed at line \(line)") }
        return steps
    }

    /// Runs all jobs and checks that none is left.
    ///
    /// - Parameter info: the worker; nil for a new one.
    /// - Returns: the seconds from the start of the first job to the end of the worker.
    @discardableResult
    static func drain(_ jobs: Int, _ rig: Rig, as info: WorkerInfo? = nil) async throws -> Double {
        let left = Mutex(jobs)
        let start = Mutex<ContinuousClock.Instant?>(nil)
        let (done, finish) = AsyncStream<Void>.makeStream()
        let handler = Handler(kind: "bench.noop") { _ in
            let number = left.withLock { left in
                left -= 1
                return left
            }
            if number == jobs - 1 { start.withLock { $0 = .now } }
            if number == 0 { finish.finish() }
            return Handler.Output()
        }
        var configuration = WorkerConfiguration(queues: [("default", slots)])
        if let info { configuration.info = info }
        let worker = Worker(configuration: configuration, gateway: rig.engine, handlers: [handler])
        worker.start()
        for await _ in done {}
        await worker.shutdown(grace: .seconds(30))
        let counts = try await rig.engine.queue("default").record.counts
        guard counts == [.completed: jobs] else {
            throw LonghaulError(.internal, "not every job was completed once: \(counts)")
        }
        return start.withLock { ContinuousClock.now - ($0 ?? .now) } / .seconds(1)
    }
}
