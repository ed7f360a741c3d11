import LonghaulCore
import LonghaulEngine

/// Claims from a queue of a thousand pending jobs and from one of many more, in turn.
struct DepthBenchmark {
    let jobs: Int
    private static let shallow = 1000
    private static let batch = 100
    private static let rounds = 20

    func run() async throws {
        let deep = try Rig()
        let shallow = try Rig()
        try await Rig.openWide(deep.engine)
        try await Rig.submit(jobs, to: deep.engine)
        var spent = (deep: 0.0, shallow: 0.0)
        for _ in 0..<Self.rounds {
            try await Rig.submit(Self.shallow, to: shallow.engine)
            spent.shallow += try await claimAThousand(shallow)
            spent.deep += try await claimAThousand(deep)
        }
        try await deep.end()
        try await shallow.end()
        let claimed = Double(Self.rounds * Self.shallow)
        report([
            "pending": Double(jobs), "deep_claims_per_second": claimed / spent.deep,
            "shallow_claims_per_second": claimed / spent.shallow, "ratio": spent.shallow / spent.deep,
        ])
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
