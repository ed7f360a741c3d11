import LonghaulCore
import LonghaulEngine
import LonghaulWorker
import Synchronization

/// Measures the time from a submission to the start of the handler on an idle server, which shows whether the worker is
/// woken or polls.
struct IdleBenchmark {
    let jobs: Int

    func run() async throws {
        let rig = try Rig()
        try await rig.engine.start()
        let clock = ContinuousClock()
        let (starts, started) = AsyncStream<ContinuousClock.Instant>.makeStream()
        let handler = Handler(kind: "bench.noop") { _ in
            started.yield(clock.now)
            return Handler.Output()
        }
        let worker = Worker(
            configuration: WorkerConfiguration(queues: [("default", 4)]), gateway: rig.engine,
            handlers: [handler])
        worker.start()
        var iterator = starts.makeAsyncIterator()
        var waits: [Double] = []
        for _ in 0..<jobs {
            // Lets the worker complete the previous job and wait again.
            try await clock.sleep(for: .milliseconds(20))
            let submitted = clock.now
            _ = try await rig.engine.submit(Rig.job())
            guard let start = await iterator.next() else { break }
            waits.append((start - submitted) / .milliseconds(1))
        }
        await worker.shutdown(grace: .seconds(30))
        try await rig.end()
        waits.sort()
        func quantile(_ share: Double) -> Double { waits[Int(Double(waits.count - 1) * share)] }
        report([
            "jobs": Double(jobs), "p50_ms": quantile(0.5), "p99_ms": quantile(0.99), "max_ms": quantile(1),
        ])
    }
}
