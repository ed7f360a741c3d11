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
    /// Performs the operations of Step Functions; nil for none.
    let performer: (any OperationPerformer)?

    init(
        performer: (any OperationPerformer)? = nil,
        _ change: (inout APIServerConfiguration) -> Void = { _ in }
    ) {
        self.performer = performer
        let time = SystemTime()
        engine = Engine(
            store: MemoryStore.open(MemoryDatabase(time: time)), queue: StoreQueue(time: time),
            artifacts: MemoryArtifactStore(), configuration: EngineConfiguration())
        var configuration = APIServerConfiguration(http: HTTPServerConfiguration(), version: "test")
        change(&configuration)
        context = APIContext(
            engine: engine, keys: KeyDirectory(engine: engine), configuration: configuration)
    }

    static func request(
        _ method: String, _ path: String, query: [(name: String, value: String)] = [],
        headers: HTTPHeaders = [:], body: [UInt8] = []
    ) -> HTTPRequest {
        var all = headers
        if all["Host"] == nil { all.add("Host", "localhost") }
        return HTTPRequest(
            method: method, path: path, segments: path.split(separator: "/").map(String.init),
            query: HTTPQuery(query), headers: all, body: HTTPBody(body), remoteAddress: "127.0.0.1")
    }

    /// The status of the answer; nil if the request is admitted.
    func status(
        _ request: HTTPRequest, on connection: HTTPConnectionClass = .ordinary, to route: Route? = nil,
        by admission: Admission? = nil
    ) -> Int? {
        (admission ?? Admission(context)).problem(for: request, on: connection, to: route)?.status
    }

    /// Creates an API key, which is valid when the call returns. Returns its text.
    func key(
        _ name: String, _ scopes: Set<KeyScope>, _ change: (inout NewAPIKey) -> Void = { _ in }
    ) async throws -> IssuedAPIKey {
        var new = NewAPIKey(name: name, grant: KeyGrant(scopes: scopes))
        change(&new)
        let issuer = APIKeyIssuer(store: engine.keys, createdBy: "tests", time: engine.time)
        let issued = try await issuer.create(new)
        try await context.keys.refresh()
        return issued
    }

    /// The answer of a route to a request with a key.
    func answer(
        _ method: String, _ path: String, key: String? = nil, headers: HTTPHeaders = [:]
    ) async -> HTTPResponse {
        var headers = headers
        if let key { headers.add("Authorization", "Bearer \(key)") }
        return await answer(to: Self.request(method, path, headers: headers))
    }

    /// The answer to a request.
    func answer(to request: HTTPRequest) async -> HTTPResponse {
        let router = APIRouter(context, performer: performer)
        if let problem = router.rejection(of: request, on: .ordinary) { return problem }
        return await router.handle(request)
    }
}
