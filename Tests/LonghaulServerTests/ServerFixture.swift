import LonghaulCore
import LonghaulEngine
import LonghaulHTTP
import LonghaulMemory
import LonghaulTestSupport

@testable import LonghaulServer

/// The routes of a server with a store in memory, without a socket.
struct ServerFixture: Sendable {
    let engine: Engine
    let context: APIContext

    init(_ change: (inout APIServerConfiguration) -> Void = { _ in }) {
        let time = SystemTime()
        engine = Engine(
            store: MemoryStore.open(MemoryDatabase(time: time)), queue: StoreQueue(time: time),
            artifacts: MemoryArtifactStore(), configuration: EngineConfiguration())
        var configuration = APIServerConfiguration(http: HTTPServerConfiguration(), version: "test")
        change(&configuration)
        context = APIContext(engine: engine, configuration: configuration)
    }

    static func request(
        _ method: String, _ path: String, query: [(name: String, value: String)] = [],
        headers: HTTPHeaders = [:]
    ) -> HTTPRequest {
        var all = headers
        if all["Host"] == nil { all.add("Host", "localhost") }
        return HTTPRequest(
            method: method, path: path, segments: path.split(separator: "/").map(String.init),
            query: HTTPQuery(query), headers: all, remoteAddress: "127.0.0.1")
    }

    /// The status of the answer; nil if the request is admitted.
    func status(
        _ request: HTTPRequest, on connection: HTTPConnectionClass = .ordinary, by admission: Admission? = nil
    ) -> Int? {
        (admission ?? Admission(context)).problem(for: request, on: connection)?.status
    }
}
