import LonghaulCore
import LonghaulEngine
import LonghaulJSON
import LonghaulPostgres

/// Submits, claims and completes jobs directly in the store, 100 at a time.
struct PostgresWork {
    static let batch = 100

    /// The time of each step of a round, in seconds.
    struct Seconds {
        var submit = 0.0
        var claim = 0.0
        var complete = 0.0
    }

    /// The times of rounds, with those of claims in milliseconds.
    struct Summary {
        var jobsPerSecond: Double
        /// Without the submission.
        var workedPerSecond: Double
        var claimP50: Double
        var claimP99: Double

        init(_ rounds: ArraySlice<Seconds>) {
            let jobs = Double(rounds.count * PostgresWork.batch)
            let claims = rounds.map(\.claim).sorted()
            workedPerSecond = jobs / rounds.reduce(0) { $0 + $1.claim + $1.complete }
            jobsPerSecond = jobs / rounds.reduce(0) { $0 + $1.submit + $1.claim + $1.complete }
            claimP50 = claims.isEmpty ? 0 : claims[claims.count / 2] * 1000
            claimP99 = claims.isEmpty ? 0 : claims[claims.count * 99 / 100] * 1000
        }
    }

    let store: any JobStore
    private let ids = JobIDGenerator(time: SystemTime(), random: SystemRandom())

    init(url: String) async throws {
        store = try await PostgresStore.open(url: url)
    }

    /// Removes the bound of the queue's depth.
    func openWide() async throws {
        var settings = QueueSettings()
        settings.maxDepth = nil
        _ = try await store.setQueue("default", settings)
    }

    /// Submits jobs, 1,000 at a time.
    func submit(_ jobs: Int) async throws {
        for first in stride(from: 0, to: jobs, by: 1000) {
            _ = try await store.submit(submissions(min(1000, jobs - first)), allOrNothing: true)
        }
    }

    /// Submits a batch, claims one, and completes it.
    func round() async throws -> Seconds {
        var spent = Seconds()
        spent.submit = try await seconds {
            _ = try await store.submit(submissions(Self.batch), allOrNothing: true)
        }
        var leases: [Lease] = []
        spent.claim = try await seconds {
            leases = try await store.claim(
                LeaseRequest(worker: WorkerInfo(id: "bench"), maxJobs: Self.batch))
        }
        guard leases.count == Self.batch else {
            throw LonghaulError(.internal, "a claim found \(leases.count) jobs")
        }
        spent.complete = try await seconds {
            let done = leases.map { StoreCompletion(token: $0.token, result: .null) }
            for answer in await store.complete(done) { _ = try answer.get() }
        }
        return spent
    }

    private func submissions(_ count: Int) -> [Submission] {
        (0..<count).map { _ in
            Submission(
                id: ids.next(),
                spec: JobSpec(kind: "bench.noop", payload: JSONText(validated: Array(#"{"n":1}"#.utf8))),
                caller: "bench")
        }
    }
}
