import LonghaulCore
import LonghaulWorker
import LonghaulWorkflow

/// Measures the time from the signal that wakes a suspended job with many recorded operations to the start of its next
/// step. It includes the commits of the signal, of the lease and of the start of the step, and the replay.
struct ResumeBenchmark {
    let operations: Int
    let resumes: Int
    let address: String?
    /// The maximum number of times that a job is resumed, because each time adds two operations.
    private static let resumesPerJob = 10

    func run() async throws {
        let place = try await JobPlace(address)
        let (starts, started) = AsyncStream<ContinuousClock.Instant>.makeStream()
        let count = (resumes + Self.resumesPerJob - 1) / Self.resumesPerJob
        let worker = place.work(.durable(LongProcess(started: started)), slots: count)
        let ids = try await place.submit((0..<count).map { _ in try NewJob(LongProcess.self, operations) })
        try await place.waitUntilSuspended(count, seconds: 300)
        var iterator = starts.makeAsyncIterator()
        var waits: [Double] = []
        for number in 0..<resumes {
            let id = ids[number % count]
            let signalled = ContinuousClock.now
            try await place.signal(id, LongProcess.signal)
            guard let start = await iterator.next() else { break }
            waits.append((start - signalled) / .milliseconds(1))
            try await waitUntilIdle(id, place)
        }
        await worker.shutdown(grace: .seconds(30))
        try await place.end()
        waits.sort()
        report([
            "operations": Double(operations), "resumes": Double(resumes), "p50_ms": quantile(0.5, of: waits),
            "p95_ms": quantile(0.95, of: waits), "p99_ms": quantile(0.99, of: waits),
            "max_ms": quantile(1, of: waits),
        ])
    }

    /// Waits until the job is suspended and the worker waits for jobs again.
    private func waitUntilIdle(_ id: JobID, _ place: JobPlace) async throws {
        let clock = ContinuousClock()
        while try await place.state(of: id) != .suspended { try await clock.sleep(for: .milliseconds(5)) }
        try await clock.sleep(for: .milliseconds(20))
    }
}

/// A process that runs a number of steps, and then one step for each signal.
private struct LongProcess: DurableJob {
    static let kind = "bench.long"
    static let signal = "next"
    let started: AsyncStream<ContinuousClock.Instant>.Continuation

    func run(_ payload: Int, in flow: Flow) async throws -> Int {
        for number in 0..<payload { _ = try await flow.step("record") { number } }
        while true {
            _ = try await flow.signal(Self.signal, as: Bool?.self)
            try await flow.step("work") { [started] in _ = started.yield(.now) }
        }
    }
}
