import LonghaulCore
import LonghaulWorker
import LonghaulWorkflow

/// Measures the time from the signal that wakes a suspended job with many recorded operations to the start of its next
/// step. It includes the commits of the signal, of the lease and of the start of the step, and the replay.
struct ResumeBenchmark {
    let operations: Int
    let resumes: Int
    let address: String?

    func run() async throws {
        let place = try await JobPlace(address)
        let clock = ContinuousClock()
        let (starts, started) = AsyncStream<ContinuousClock.Instant>.makeStream()
        let worker = place.work(.durable(LongProcess(started: started)), slots: 4)
        let ids = try await place.submit([try NewJob(LongProcess.self, operations)])
        guard let id = ids.first else { return }
        var iterator = starts.makeAsyncIterator()
        var waits: [Double] = []
        for _ in 0..<resumes {
            while try await place.state(of: id) != .suspended { try await clock.sleep(for: .milliseconds(5)) }
            // Lets the worker wait for jobs again.
            try await clock.sleep(for: .milliseconds(20))
            let signalled = clock.now
            try await place.signal(id, LongProcess.signal)
            guard let start = await iterator.next() else { break }
            waits.append((start - signalled) / .milliseconds(1))
        }
        await worker.shutdown(grace: .seconds(30))
        try await place.end()
        waits.sort()
        report([
            "operations": Double(operations), "resumes": Double(resumes), "p50_ms": quantile(0.5, of: waits),
            "p95_ms": quantile(0.95, of: waits), "max_ms": quantile(1, of: waits),
        ])
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
