public import LonghaulCore
import Testing

extension JobStoreConformance {
    static let randomOperations: [Case] = (1...3).map { seed in
        Case("random operations have the results that a model predicts (seed \(seed))") { t in
            let problems = try await RandomWalk(t, seed: UInt64(seed)).run(steps: 250)
            #expect(problems.isEmpty)
        }
    }

    /// Runs random operations on a store and on a model of it. Returns the first differences; none if the store has the
    /// states, counts and answers that the model predicts.
    public static func problemsOfRandomOperations(
        seed: UInt64, steps: Int, _ makeStore: Factory
    ) async throws -> [String] {
        let fixture = try await JobStoreFixture(makeStore)
        let problems = try await RandomWalk(fixture, seed: seed).run(steps: steps)
        await fixture.store.close()
        return problems
    }
}
