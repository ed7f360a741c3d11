import Foundation
import LonghaulCore
import LonghaulEngine
import LonghaulFiles
import LonghaulJSON
import LonghaulSQLite
import LonghaulWorker

/// An engine over a new store in a temporary folder.
final class Rig: Sendable {
    let folder: URL
    let store: any JobStore
    let engine: Engine

    /// - Parameters:
    ///   - store: nil for an SQLite store in the folder.
    ///   - queue: nil for that of the store.
    init(store: (any JobStore)? = nil, queue: (any JobQueue)? = nil) throws {
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("longhaul-bench-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        self.store = try store ?? SQLiteStore.open(path: folder.appendingPathComponent("jobs.db").path)
        engine = Engine(
            store: self.store, queue: queue ?? StoreQueue(time: SystemTime()),
            artifacts: try FileArtifactStore(path: folder.appendingPathComponent("artifacts").path))
    }

    /// Stops everything and removes the folder.
    func end() async throws {
        await engine.stop()
        await store.close()
        try FileManager.default.removeItem(at: folder)
    }

    /// A small job that does nothing.
    static func job(priority: Int = 5) -> NewJob {
        var spec = JobSpec(kind: "bench.noop", payload: JSONText(validated: Array(#"{"n":1}"#.utf8)))
        spec.priority = priority
        return NewJob(spec)
    }

    /// Submits jobs with these priorities in turn, in batches of 1,000.
    static func submit(_ jobs: Int, to engine: Engine, priorities: [Int] = [5]) async throws {
        var left = jobs
        while left > 0 {
            let count = min(left, 1000)
            let batch = (0..<count).map { job(priority: priorities[$0 % priorities.count]) }
            _ = try await engine.submit(NewJobBatch(jobs: batch))
            left -= count
        }
    }

    /// Removes the bound of the queue's depth, so that no submission fails.
    static func openWide(_ engine: Engine) async throws {
        var settings = QueueSettings()
        settings.maxDepth = nil
        _ = try await engine.setQueue("default", settings)
    }
}

/// The time that a body takes, in seconds.
func seconds(_ body: () async throws -> Void) async rethrows -> Double {
    let clock = ContinuousClock()
    let start = clock.now
    try await body()
    return (clock.now - start) / .seconds(1)
}

/// Prints one result as a line of JSON.
func report(_ fields: KeyValuePairs<String, Double>) {
    var writer = JSONWriter()
    writer.object { writer in
        for (name, value) in fields { writer.field(name, (value * 1000).rounded() / 1000) }
    }
    print(String(decoding: writer.bytes, as: UTF8.self))
}
