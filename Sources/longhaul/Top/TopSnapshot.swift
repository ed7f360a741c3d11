import LonghaulClient
import LonghaulCore
import LonghaulJSON

/// The queues and workers of a server at one time, and the jobs of the opened queue.
struct TopSnapshot: Sendable {
    /// Workers that were last seen before this number of seconds are hidden.
    private static let maxWorkerAge = 600.0
    /// The number of jobs of an opened queue.
    private static let maxJobs = 200

    let server: String
    let now: Timestamp
    let queues: [QueueStatus]
    let workers: [WorkerStatus]
    /// The opened queue; nil without one.
    let openQueue: String?
    /// The newest jobs of the opened queue; nil without one.
    let jobs: [Job]?
    /// The opened job; nil without one.
    let job: Job?

    /// Reads the server.
    ///
    /// - Parameters:
    ///   - queue: the opened queue.
    ///   - job: the opened job.
    init(_ client: LonghaulClient, queue: String? = nil, job: JobID? = nil) async throws {
        server = client.server
        let now = SystemTime().now()
        self.now = now
        queues = try await client.queues()
        workers = try await client.workers().filter {
            now.seconds(since: $0.lastSeenAt) < Self.maxWorkerAge
        }
        openQueue = queue
        if let queue {
            var filter = JobFilter()
            filter.queue = queue
            jobs = try await client.jobs(filter, limit: Self.maxJobs, isSummary: true).jobs
        } else {
            jobs = nil
        }
        // A job can be deleted while it is shown.
        if let job { self.job = try await client.ifFound { try await $0.job(job) } } else { self.job = nil }
    }

    func printJSON() throws {
        try Console.print(jsonObject: { writer in
            writer.array("queues") { writer in
                for queue in queues { writer.element(queue) }
            }
            writer.array("workers") { writer in
                for worker in workers {
                    writer.object { writer in
                        WorkerText.write(worker, to: &writer)
                    }
                }
            }
        })
    }

    /// All lines, for an output that is not a terminal.
    func lines() -> [String] {
        [summary, ""] + Self.table(queues) + [""] + WorkerText.table(workers, at: now)
    }

    var summary: String {
        let pending = queues.reduce(0) { $0 + $1.record.depth }
        let running = queues.reduce(0) { $0 + ($1.record.counts[.processing] ?? 0) }
        let healthy = workers.count { $0.health == .healthy }
        return "\(server)  \(now)  \(pending) pending, \(running) running, \(healthy) healthy workers"
    }

    /// A table of queues. The first line has the titles.
    static func table(_ queues: [QueueStatus]) -> [String] {
        var table = Table(
            [.init(title: "QUEUE")]
                + [
                    "PENDING", "RUNNING", "WAITING", "SUSPENDED", "FAILED", "OLDEST", "IN/S", "OUT/S",
                    "FAIL/S", "WAIT P95", "RUN P95",
                ]
                .map { .init(title: $0, isNumber: true) } + [.init(title: "NOTE")])
        return table.lines(queues.map(row))
    }

    private static func row(_ queue: QueueStatus) -> [Table.Cell] {
        let counts = queue.record.counts
        func duration(_ seconds: Double?) -> Table.Cell { .init(seconds.map { Format.duration($0) } ?? "-") }
        let failed = counts[.failed] ?? 0
        let waiting = [JobState.scheduled, .blocked, .retrying].reduce(0) { $0 + (counts[$1] ?? 0) }
        return [
            .init(queue.record.name), .init("\(queue.record.depth)"), .init("\(counts[.processing] ?? 0)"),
            .init("\(waiting)"), .init("\(counts[.suspended] ?? 0)"),
            .init("\(failed)", failed > 0 ? .red : .plain),
            duration(queue.oldestPendingSeconds), .init(Format.tenths(queue.rates.enqueueRate)),
            .init(Format.tenths(queue.rates.drainRate)), .init(Format.tenths(queue.rates.failureRate)),
            duration(queue.rates.waitSeconds?.p95), duration(queue.rates.runSeconds?.p95),
            queue.record.settings.paused ? .init("paused", .yellow) : "",
        ]
    }
}

extension LonghaulClient {
    /// The value of a call; nil if the server does not find what it names.
    fileprivate func ifFound<Value>(
        _ call: (LonghaulClient) async throws -> Value
    ) async throws -> Value? {
        do {
            return try await call(self)
        } catch let error as LonghaulError where error.code == .notFound {
            return nil
        }
    }
}
