import Foundation
import LonghaulCore
import LonghaulWorker
import LonghaulWorkflow
import Synchronization

/// Measures how late jobs continue whose timers are all due in one second.
struct TimersBenchmark {
    let jobs: Int
    let address: String?
    /// The time in which all jobs must be suspended before the first timer is due, in seconds.
    private static let leadSeconds = 20.0
    private static let slots = 512

    func run() async throws {
        let place = try await JobPlace(address)
        let first = Date().timeIntervalSince1970 + Self.leadSeconds
        let process = Sleeper(jobs)
        let worker = place.work(.durable(process), slots: Self.slots)
        try await place.submit(
            (0..<jobs).map { try NewJob(Sleeper.self, first + Double($0) / Double(jobs)) })
        let deadline = first - Date().timeIntervalSince1970 - 0.5
        try await place.waitUntilSuspended(jobs, seconds: deadline)
        for await _ in process.ended {}
        await worker.shutdown(grace: .seconds(30))
        try await place.end()
        let starts = process.starts
        let late = starts.map { $0.start - $0.due }.sorted()
        report([
            "jobs": Double(jobs), "late_p50_seconds": quantile(0.5, of: late),
            "late_p99_seconds": quantile(0.99, of: late), "late_max_seconds": quantile(1, of: late),
            "last_start_after_first_due_seconds": (starts.map(\.start).max() ?? .nan) - first,
        ])
    }
}

/// A process that sleeps until a time.
private final class Sleeper: DurableJob {
    static let kind = "bench.sleeper"

    /// Ends when all processes have continued.
    let ended: AsyncStream<Void>
    private let finish: AsyncStream<Void>.Continuation
    private let jobs: Int
    private let recorded = Mutex<[(due: Double, start: Double)]>([])

    init(_ jobs: Int) {
        self.jobs = jobs
        (ended, finish) = AsyncStream.makeStream()
    }

    /// When each job was due, and when it continued, in seconds since 1970.
    var starts: [(due: Double, start: Double)] { recorded.withLock { $0 } }

    func run(_ payload: Double, in flow: Flow) async throws -> Int {
        try await flow.sleep(until: Date(timeIntervalSince1970: payload))
        let isLast = recorded.withLock { recorded in
            recorded.append((payload, Date().timeIntervalSince1970))
            return recorded.count == jobs
        }
        if isLast { finish.finish() }
        return 0
    }
}
