import LonghaulCore
import LonghaulEngine
import LonghaulWorker
import Synchronization

/// From the call that submits a job to the start of its handler, while nothing else happens: is a worker woken,
/// or does it poll?
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
            // Time for the worker to have completed the one before and to wait again.
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
