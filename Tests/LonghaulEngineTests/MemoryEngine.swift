import LonghaulCore
import LonghaulMemory
import LonghaulTestSupport

@testable import LonghaulEngine

/// Runs a test against a started engine over an empty store in memory.
func withMemoryEngine(
    _ configuration: EngineConfiguration = EngineConfiguration(), _ body: (Engine) async throws -> Void
) async throws {
    let engine = Engine(
        store: MemoryStore.open(MemoryDatabase()), queue: StoreQueue(time: SystemTime()),
        artifacts: MemoryArtifactStore(), configuration: configuration)
    try await withCleanup {
        await engine.stop()
    } _: {
        try await engine.start()
        try await body(engine)
    }
}
