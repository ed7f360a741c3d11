import LonghaulClient
import LonghaulCore
import LonghaulEngine
import LonghaulJSON
import LonghaulPostgres
import LonghaulWorker
import LonghaulWorkflow

/// Where jobs are submitted and run: an embedded engine over a new store, or a server.
struct JobPlace: Sendable {
    let gateway: any WorkerGateway
    private let submitBatch: @Sendable (NewJobBatch) async throws -> [Job]
    private let readJob: @Sendable (JobID) async throws -> Job
    private let readQueue: @Sendable () async throws -> QueueStatus
    let signal: @Sendable (JobID, String) async throws -> Void
    private let close: @Sendable () async throws -> Void

    /// Opens the place with one queue, `default`, without bounds.
    ///
    /// - Parameter address: nil or `sqlite` for an embedded engine over SQLite, `postgres://…` for one over PostgreSQL,
    ///   or the URL of a server.
    init(_ address: String?) async throws {
        if let address, address.hasPrefix("http") {
            let client = try LonghaulClient(server: address)
            self.init(client)
            _ = try await client.setQueue("default", QueueSettings(maxDepth: nil))
        } else {
            let store: (any JobStore)? =
                if let address, address != "sqlite" { try await PostgresStore.open(url: address) } else {
                    nil
                }
            let rig = try Rig(store: store)
            try await rig.engine.start()
            try await Rig.openWide(rig.engine)
            self.init(rig)
        }
    }

    private init(_ client: LonghaulClient) {
        gateway = client
        submitBatch = { try await client.submit($0).jobs.map(\.job) }
        readJob = { try await client.job($0) }
        readQueue = { try await client.queue("default") }
        signal = { _ = try await client.signal($0, name: $1) }
        close = { await client.shutdown() }
    }

    private init(_ rig: Rig) {
        let engine = rig.engine
        gateway = engine
        submitBatch = { try await engine.submit($0).jobs.map(\.job) }
        readJob = { try await engine.job($0) }
        readQueue = { try await engine.queue("default") }
        signal = { _ = try await engine.signal($0, name: $1) }
        close = { try await rig.end() }
    }

    func end() async throws { try await close() }

    /// Submits jobs, 1,000 at a time. Returns their IDs.
    @discardableResult
    func submit(_ jobs: [NewJob]) async throws -> [JobID] {
        var ids: [JobID] = []
        for first in stride(from: 0, to: jobs.count, by: 1000) {
            let batch = NewJobBatch(jobs: Array(jobs[first..<min(first + 1000, jobs.count)]))
            ids += try await submitBatch(batch).map(\.id)
        }
        return ids
    }

    /// The number of jobs in each state.
    func counts() async throws -> [JobState: Int] {
        try await readQueue().record.counts.filter { $0.value > 0 }
    }

    func state(of id: JobID) async throws -> JobState { try await readJob(id).state }

    /// Starts a worker of one kind of job.
    func work(_ handler: Handler, slots: Int) -> Worker {
        let worker = Worker(
            configuration: WorkerConfiguration(queues: [("default", slots)]), gateway: gateway,
            handlers: [handler])
        worker.start()
        return worker
    }

    /// Waits until a number of jobs is suspended.
    func waitUntilSuspended(_ count: Int, seconds: Double) async throws {
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(seconds)
        while true {
            let counts = try await counts()
            if counts[.suspended] == count { return }
            guard clock.now < deadline else {
                throw LonghaulError(.internal, "not all jobs were suspended in time: \(counts)")
            }
            try await clock.sleep(for: .milliseconds(100))
        }
    }
}

extension NewJob {
    /// A job of a durable process.
    init<Process: DurableJob>(_: Process.Type, _ payload: Process.Payload) throws {
        self.init(JobSpec(kind: Process.kind, payload: try JSONText(encoding: payload)))
    }
}

/// The value below which a share of the values lies. The values are sorted.
func quantile(_ share: Double, of sorted: [Double]) -> Double {
    sorted.isEmpty ? .nan : sorted[Int(Double(sorted.count - 1) * share)]
}
