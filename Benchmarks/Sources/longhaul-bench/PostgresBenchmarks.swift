import Foundation
import LonghaulCore
import LonghaulEngine
import LonghaulJSON
import LonghaulPostgres

/// No-op jobs through an embedded engine and worker over PostgreSQL: submitted in batches of a thousand, claimed,
/// run and completed, every step durable.
struct PostgresDrainBenchmark {
    let url: String
    let jobs: Int

    func run() async throws {
        let rig = try Rig(store: try await PostgresStore.open(url: url))
        try await rig.engine.start()
        try await Rig.openWide(rig.engine)
        let submitting = try await seconds { try await Rig.submit(jobs, to: rig.engine) }
        let draining = try await seconds { try await DrainBenchmark.drain(jobs, rig) }
        try await rig.end()
        report([
            "jobs": Double(jobs), "submitted_per_second": Double(jobs) / submitting,
            "drained_per_second": Double(jobs) / draining,
            "whole_per_second": Double(jobs) / (submitting + draining),
        ])
    }
}

/// A hundred jobs at a time are submitted, claimed and completed, again and again: what a claim costs at the
/// beginning and at the end. Meant to run while another holds an old transaction open.
struct PostgresAgeBenchmark {
    let url: String
    let rounds: Int
    private static let batch = 100

    func run() async throws {
        let store = try await PostgresStore.open(url: url)
        let ids = JobIDGenerator(time: SystemTime(), random: SystemRandom())
        var claims: [Double] = []
        var whole: [Double] = []
        for _ in 0..<rounds {
            let submissions = (0..<Self.batch).map { _ in
                Submission(
                    id: ids.next(),
                    spec: JobSpec(kind: "bench.noop", payload: JSONText(validated: Array(#"{"n":1}"#.utf8))),
                    caller: "bench")
            }
            let spent = try await seconds {
                _ = try await store.submit(submissions, allOrNothing: true)
                var leases: [Lease] = []
                claims.append(
                    try await seconds {
                        leases = try await store.claim(
                            LeaseRequest(worker: WorkerInfo(id: "bench"), maxJobs: Self.batch))
                    })
                guard leases.count == Self.batch else {
                    throw LonghaulError(.internal, "a claim found \(leases.count) jobs")
                }
                let done = leases.map { StoreCompletion(token: $0.token, result: .null) }
                for answer in await store.complete(done) { _ = try answer.get() }
            }
            whole.append(spent)
        }
        await store.close()
        let tenth = max(1, rounds / 10)
        let (first, last) = (claims.prefix(tenth).sorted(), claims.suffix(tenth).sorted())
        report([
            "jobs": Double(rounds * Self.batch),
            "first_jobs_per_second": Double(tenth * Self.batch) / whole.prefix(tenth).reduce(0, +),
            "last_jobs_per_second": Double(tenth * Self.batch) / whole.suffix(tenth).reduce(0, +),
            "first_claim_p50_ms": first[tenth / 2] * 1000, "last_claim_p50_ms": last[tenth / 2] * 1000,
            "first_claim_p99_ms": first[tenth * 99 / 100] * 1000,
            "last_claim_p99_ms": last[tenth * 99 / 100] * 1000,
        ])
    }
}
