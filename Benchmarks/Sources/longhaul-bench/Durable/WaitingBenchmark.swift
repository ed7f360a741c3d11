import LonghaulCore
import LonghaulWorker
import LonghaulWorkflow
import Synchronization

/// Submits jobs that wait, half of them for a signal and half for a timer, and ends when all are suspended.
struct WaitingBenchmark {
    let jobs: Int
    let address: String?
    private static let slots = 64
    private static let deadlineSeconds = 300.0

    func run() async throws {
        let place = try await JobPlace(address)
        let taken = try await seconds {
            let worker = place.work(.durable(Waiter()), slots: Self.slots)
            try await place.submit((0..<jobs).map { try NewJob(Waiter.self, $0) })
            try await place.waitUntilSuspended(jobs, seconds: Self.deadlineSeconds)
            await worker.shutdown(grace: .seconds(30))
        }
        try await place.end()
        report(["jobs": Double(jobs), "suspended_per_second": Double(jobs) / taken])
    }
}

/// A process that waits for a week.
private struct Waiter: DurableJob {
    static let kind = "bench.waiter"

    func run(_ payload: Int, in flow: Flow) async throws -> Int {
        if payload.isMultiple(of: 2) {
            _ = try await flow.signal("go", as: Bool.self, within: .days(7))
        } else {
            try await flow.sleep(for: .days(7))
        }
        return payload
    }
}

/// Submits jobs that are due in a week.
struct DelayedBenchmark {
    let jobs: Int
    let address: String?

    func run() async throws {
        let place = try await JobPlace(address)
        var job = Rig.job()
        job.start = .after(seconds: 7 * 24 * 3600)
        let taken = try await seconds { try await place.submit(Array(repeating: job, count: jobs)) }
        try await place.end()
        report(["jobs": Double(jobs), "submitted_per_second": Double(jobs) / taken])
    }
}

/// Submits no-op jobs, and runs them.
struct OrdinaryBenchmark {
    let jobs: Int
    let address: String?
    private static let slots = 64

    func run() async throws {
        let place = try await JobPlace(address)
        let before = try await place.counts()[.completed] ?? 0
        let left = Mutex(jobs)
        let (done, finish) = AsyncStream<Void>.makeStream()
        let handler = Handler(kind: "bench.noop") { _ in
            let number = left.withLock { left in
                left -= 1
                return left
            }
            if number == 0 { finish.finish() }
            return Handler.Output()
        }
        let taken = try await seconds {
            let worker = place.work(handler, slots: Self.slots)
            try await place.submit((0..<jobs).map { _ in Rig.job() })
            for await _ in done {}
            await worker.shutdown(grace: .seconds(30))
        }
        let completed = try await place.counts()[.completed]
        guard completed == before + jobs else {
            throw LonghaulError(.internal, "\(completed ?? 0) jobs were completed, not \(before + jobs)")
        }
        try await place.end()
        report(["jobs": Double(jobs), "jobs_per_second": Double(jobs) / taken])
    }
}
