import LonghaulConcurrency
import LonghaulCore
import LonghaulEngine
import LonghaulFiles
import LonghaulHTTP
import LonghaulMemory
import LonghaulServer
import LonghaulTestSupport

@testable import LonghaulClient

/// Runs a body with a client of a server that answers with `handler`.
func withScript<Result>(
    _ handler: @escaping @Sendable (HTTPRequest) async -> HTTPResponse, pauseSeconds: Double = 0.001,
    _ body: (LonghaulClient) async throws -> Result
) async throws -> Result {
    let server = HTTPServer(configuration: HTTPServerConfiguration(), handler: handler)
    let client = try LonghaulClient(
        server: try server.start().url + "/",
        eventBackoff: ExponentialBackoff(
            initialSeconds: pauseSeconds, maxSeconds: max(pauseSeconds, 0.02), jitter: 0))
    return try await withCleanup {
        await client.shutdown()
        await server.shutdown(grace: .zero)
    } _: {
        try await body(client)
    }
}

/// Runs a body with a client of a Longhaul server in this process.
func withServer(_ body: (LonghaulClient, Engine) async throws -> Void) async throws {
    let folder = try TemporaryFolder()
    let engine = Engine(
        store: MemoryStore.open(MemoryDatabase()), queue: StoreQueue(time: SystemTime()),
        artifacts: try FileArtifactStore(path: folder.file("artifacts")))
    try await engine.start()
    let server = APIServer(
        engine: engine,
        configuration: APIServerConfiguration(http: HTTPServerConfiguration(), version: "test"))
    let client = try LonghaulClient(server: try await server.start().url)
    try await withCleanup {
        await client.shutdown()
        await server.shutdown(grace: .zero)
        await engine.stop()
    } _: {
        try await body(client, engine)
    }
}

/// The error that a call throws; nil if it throws none.
func error(of call: () async throws -> Void) async -> LonghaulError? {
    do {
        try await call()
        return nil
    } catch {
        return error as? LonghaulError
    }
}
