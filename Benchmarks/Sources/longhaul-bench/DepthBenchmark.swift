import LonghaulCore
import LonghaulEngine

/// Claims in turn from a queue of 1,000 pending jobs and from a much longer one: with jobs of one priority, and with jobs
/// of all ten.
struct DepthBenchmark {
    let jobs: Int
    private static let shallow = 1000
    private static let batch = 100
    private static let rounds = 20

    func run() async throws {
        let plain = try await claims(priorities: [5])
        let mixed = try await claims(priorities: Array(0...9))
        report([
            "pending": Double(jobs), "deep_claims_per_second": plain.deep,
            "shallow_claims_per_second": plain.shallow, "ratio": plain.deep / plain.shallow,
            "mixed_deep_claims_per_second": mixed.deep, "mixed_shallow_claims_per_second": mixed.shallow,
            "mixed_ratio": mixed.deep / mixed.shallow,
        ])
    }

    /// The claims per second of both queues.
    private func claims(priorities: [Int]) async throws -> (deep: Double, shallow: Double) {
        let deep = try Rig()
        let shallow = try Rig()
        try await Rig.openWide(deep.engine)
        try await Rig.submit(jobs, to: deep.engine, priorities: priorities)
        var spent = (deep: 0.0, shallow: 0.0)
        for _ in 0..<Self.rounds {
            try await Rig.submit(Self.shallow, to: shallow.engine, priorities: priorities)
            spent.shallow += try await claimAThousand(shallow)
            spent.deep += try await claimAThousand(deep)
        }
        try await deep.end()
        try await shallow.end()
        let claimed = Double(Self.rounds * Self.shallow)
        return (claimed / spent.deep, claimed / spent.shallow)
    }

    private func claimAThousand(_ rig: Rig) async throws -> Double {
        let request = LeaseRequest(
            worker: WorkerInfo(id: "bench"), maxJobs: Self.batch, leaseSeconds: 3600)
        return try await seconds {
            for _ in 0..<Self.shallow / Self.batch {
                let leases = try await rig.engine.lease(request)
                guard leases.count == Self.batch else {
                    throw LonghaulError(.internal, "claimed \(leases.count) in place of \(Self.batch)")
                }
            }
        }
    }
}
