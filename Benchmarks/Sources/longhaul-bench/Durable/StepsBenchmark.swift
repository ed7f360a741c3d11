import Foundation
import LonghaulCore
import LonghaulWorker
import LonghaulWorkflow
import RawSQLite
import Synchronization

/// Runs processes of ten steps from their submission to their ends, with the start and the output of each step durable.
struct StepsBenchmark {
    let processes: Int
    /// The number of processes that the worker runs at once.
    let slots: Int
    let address: String?

    /// Measures one place.
    func run() async throws {
        let rate = try await stepsPerSecond()
        report([
            "processes": Double(processes), "slots": Double(slots), "steps_per_second": rate,
        ])
    }

    /// Measures an embedded engine over SQLite beside a C loop that inserts and updates one row for each step, in turn:
    /// with a commit for each step, and with 128 steps in a commit.
    func runBesideRawSQLite() async throws {
        let single = try rawStepsPerSecond(group: 1)
        let rate = try await stepsPerSecond()
        let grouped = try rawStepsPerSecond(group: 128)
        report([
            "processes": Double(processes), "slots": Double(slots), "steps_per_second": rate,
            "raw_per_second": single, "ratio": rate / single, "raw_grouped_per_second": grouped,
            "grouped_ratio": rate / grouped,
        ])
    }

    private func stepsPerSecond() async throws -> Double {
        let place = try await JobPlace(address)
        let before = try await place.counts()[.completed] ?? 0
        let process = TenSteps(processes)
        let jobs = try (0..<processes).map { try NewJob(TenSteps.self, $0) }
        let taken = try await seconds {
            let worker = place.work(.durable(process), slots: slots)
            try await place.submit(jobs)
            for await _ in process.ended {}
            // The shutdown waits for the completions.
            await worker.shutdown(grace: .seconds(30))
        }
        let counts = try await place.counts()
        guard counts == [.completed: before + processes], process.steps == processes * TenSteps.count else {
            throw LonghaulError(.internal, "not every step ran once: \(process.steps) steps, \(counts)")
        }
        try await place.end()
        return Double(processes * TenSteps.count) / taken
    }

    private func rawStepsPerSecond(group: Int) throws -> Double {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("raw-sqlite-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var taken = 0.0
        let steps = processes * TenSteps.count
        let line = raw_sqlite_steps(
            folder.appendingPathComponent("raw.db").path, Int32(steps), Int32(group), &taken)
        guard line == 0 else { throw LonghaulError(.internal, "the raw loop failed at line \(line)") }
        return Double(steps) / taken
    }
}

/// A process of ten steps, each with the sum of the outputs before it.
private final class TenSteps: DurableJob {
    static let kind = "bench.steps"
    static let count = 10

    /// Ends when all processes have ended.
    let ended: AsyncStream<Void>
    private let finish: AsyncStream<Void>.Continuation
    private let stepCount = Mutex(0)
    private let left: Mutex<Int>

    init(_ processes: Int) {
        left = Mutex(processes)
        (ended, finish) = AsyncStream.makeStream()
    }

    /// The number of steps that have run.
    var steps: Int { stepCount.withLock { $0 } }

    func run(_ payload: Int, in flow: Flow) async throws -> Int {
        var sum = payload
        for _ in 0..<Self.count {
            sum = try await flow.step("add") { [self, sum] in
                stepCount.withLock { $0 += 1 }
                return sum + 1
            }
        }
        let isLast = left.withLock { left in
            left -= 1
            return left == 0
        }
        if isLast { finish.finish() }
        return sum
    }
}
