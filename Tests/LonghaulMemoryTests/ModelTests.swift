import LonghaulConformance
import LonghaulFlaws
import LonghaulMemory
import LonghaulStore
import Testing

/// The model of the conformance suite notices broken stores.
struct ModelTests {
    /// The flaws that one store shows without faults of its surroundings.
    private static let flaws: [Flaw] = [
        .noFence, .uncountedExpiry, .undeadHeartbeat, .forgottenDependents, .hungJoin, .openCancel,
        .driftingCounts, .ageless, .freeStarts, .oneRoomCheck,
    ]

    @Test(arguments: flaws) func brokenStoreIsFound(_ flaw: Flaw) async throws {
        for seed in 1...10 {
            let problems = try await JobStoreConformance.problemsOfRandomOperations(
                seed: UInt64(seed), steps: 250
            ) { time, random in
                Store(FlawedDriver(MemoryDatabase(time: time, random: random), flaw: flaw))
            }
            if !problems.isEmpty { return }
        }
        Issue.record("the model did not find \(flaw) in 10 walks")
    }
}
