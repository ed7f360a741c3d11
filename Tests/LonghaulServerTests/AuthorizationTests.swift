import LonghaulConcurrency
import LonghaulCore
import LonghaulEngine
import LonghaulHTTP
import LonghaulTestSupport
import Synchronization
import Testing

@testable import LonghaulServer

/// Who may call what, with API keys.
@Suite struct AuthorizationTests {
    @Test func everyRouteNeedsAKeyOnceThereIsOne() async throws {
        let server = ServerFixture()
        #expect(await server.answer("GET", "/v1/jobs").status == 200)
        let key = try await server.key("reader", [.jobsRead])
        #expect(await server.answer("GET", "/v1/jobs", key: key.text).status == 200)
        for path in ["/v1/jobs", "/readyz", "/metrics", "/openapi.json", "/v1/none", "/v1/session"] {
            let answer = await server.answer("GET", path)
            #expect(answer.status == 401 && answer.headers["WWW-Authenticate"] == "Bearer", "\(path)")
        }
        #expect(await server.answer("GET", "/healthz").status == 200)
        #expect(await server.answer("GET", "/").status == 200)
        #expect(await server.answer("GET", "/v1/none", key: key.text).status == 404)
    }

    @Test func theScopeOfARouteIsRequired() async throws {
        let server = ServerFixture()
        for route in APIRouter(server.context).routes {
            guard case .scope(let scope) = route.access else { continue }
            let others = Set(KeyScope.allCases).subtracting([scope, .admin])
            let admission = Authorization(server.context)
            let request = ServerFixture.request(route.method, route.pattern)
            let other = try await server.key("other-\(route.operation.lowercased())", others)
            let authorized = ServerFixture.request(
                route.method, route.pattern, headers: ["Authorization": "Bearer \(other.text)"])
            let error = #expect(throws: LonghaulError.self) {
                _ = try admission.caller(of: authorized, to: route)
            }
            #expect(error?.code == .forbidden && error?.detail.contains(scope.rawValue) == true)
            let none = #expect(throws: LonghaulError.self) {
                _ = try admission.caller(of: request, to: route)
            }
            #expect(none?.code == .unauthorized)
        }
    }

    @Test func invalidCredentialsAreRefused() async throws {
        let server = ServerFixture()
        let key = try await server.key("reader", [.jobsRead])
        let unknown = APIKeyText().text
        for field in [
            "Bearer", "Bearer ", "Basic \(key.text)", key.text, "Bearer \(key.text)x", "Bearer \(unknown)",
            "Bearer \(key.text) \(key.text)",
        ] {
            let answer = await server.answer("GET", "/v1/jobs", headers: ["Authorization": field])
            #expect(answer.status == 401, "\(field)")
        }
        var twice = HTTPHeaders()
        twice.add("Authorization", "Bearer \(key.text)")
        twice.add("Authorization", "Bearer \(key.text)")
        #expect(await server.answer("GET", "/v1/jobs", headers: twice).status == 401)
        let lower = await server.answer("GET", "/v1/jobs", headers: ["Authorization": "bearer \(key.text)"])
        #expect(lower.status == 200)
    }

    /// The identifier of a key is public.
    @Test func aForgedKeyWithTheIdentifierOfAnotherIsRefused() async throws {
        let server = ServerFixture()
        let key = try await server.key("reader", [.jobsRead])
        let forged = APIKeyText(random: ChosenRandom(first: try #require(UInt64(key.key.id, radix: 16))))
        #expect(forged.id == key.key.id)
        #expect(await server.answer("GET", "/v1/jobs", key: key.text).status == 200)
        #expect(await server.answer("GET", "/v1/jobs", key: forged.text).status == 401)
    }

    @Test func aKeyThatHasEndedIsRefused() async throws {
        let server = ServerFixture()
        let key = try await server.key("reader", [.jobsRead])
        let admin = try await server.key("boss", [.admin])
        let short = try await server.key("short", [.jobsRead]) {
            $0.expiresAt = server.engine.time.now().adding(seconds: 3600)
        }
        #expect(await server.answer("GET", "/v1/jobs", key: short.text).status == 200)
        #expect(await server.answer("DELETE", "/v1/keys/\(key.key.id)", key: admin.text).status == 204)
        #expect(await server.answer("GET", "/v1/jobs", key: key.text).status == 401)
        #expect(await server.answer("DELETE", "/v1/keys/\(key.key.id)", key: admin.text).status == 204)
        #expect(await server.answer("DELETE", "/v1/keys/0123456789abcdef", key: admin.text).status == 404)
    }

    @Test func revokingTheLastKeyDoesNotOpenTheServer() async throws {
        let server = ServerFixture()
        let admin = try await server.key("boss", [.admin])
        #expect(await server.answer("DELETE", "/v1/keys/\(admin.key.id)", key: admin.text).status == 204)
        #expect(await server.answer("GET", "/v1/jobs").status == 401)
        #expect(await server.answer("GET", "/v1/jobs", key: admin.text).status == 401)
    }

    @Test func waitingCallsEndWithTheirKey() async throws {
        let server = ServerFixture()
        let key = try await server.key("reader", [.jobsRead])
        let held = server.context.held
        server.context.keys.start { held.interrupt(ofKeys: $0) }
        defer { server.context.keys.stop() }
        let begins = Event<Void>()
        let call = Task {
            try await held.hold(by: Caller(key.key)) {
                begins.fire()
                try await Task.sleep(for: .seconds(600))
            }
        }
        await begins.wait()
        _ = try await server.engine.keys.revokeKey(key.key.id)
        try await server.context.keys.refresh()
        #expect(try await call.value == nil)
    }

    @Test func metricsAreOpenOnRequest() async throws {
        let server = ServerFixture { $0.openMetrics = true }
        _ = try await server.key("reader", [.jobsRead])
        #expect(await server.answer("GET", "/metrics").status == 200)
        #expect(await server.answer("GET", "/v1/jobs").status == 401)
    }

    @Test func theRateLimitCountsByKey() async throws {
        let server = ServerFixture { $0.requestsPerSecond = 1 }
        let keys = [try await server.key("one", [.jobsRead]), try await server.key("two", [.jobsRead])]
        let admission = Admission(server.context)
        func status(_ key: String?) -> Int? {
            let headers: HTTPHeaders = key.map { ["Authorization": "Bearer \($0)"] } ?? [:]
            return server.status(ServerFixture.request("GET", "/v1/jobs", headers: headers), by: admission)
        }
        #expect(status(keys[0].text) == nil)
        #expect((0..<50).contains { _ in status(keys[0].text) == 429 })
        #expect(status(keys[1].text) == nil)
        // Requests without a key count by address.
        #expect(status(nil) == 401)
        #expect((0..<50).contains { _ in status(nil) == 429 })
    }

    @Test func hostsAreCheckedAgainstTheList() async throws {
        let server = ServerFixture { $0.allowedHosts = ["Jobs.example.com"] }
        let key = try await server.key("reader", [.jobsRead])
        for (host, status) in [
            ("jobs.example.com", 200), ("jobs.example.com:8443", 200), ("localhost", 200), ("10.0.0.1", 421),
            ("evil.example", 421),
        ] {
            let answer = await server.answer("GET", "/v1/jobs", key: key.text, headers: ["Host": host])
            #expect(answer.status == status, "\(host)")
        }
        #expect(await server.answer("GET", "/healthz", headers: ["Host": "10.0.0.1"]).status == 200)
        let other = ServerFixture()
        let otherKey = try await other.key("reader", [.jobsRead])
        let answer = await other.answer("GET", "/v1/jobs", key: otherKey.text, headers: ["Host": "10.0.0.1"])
        #expect(answer.status == 200)
    }
}

/// Random numbers, of which the first is chosen.
private final class ChosenRandom: RandomSource {
    private let first: Mutex<UInt64?>

    init(first: UInt64) {
        self.first = Mutex(first)
    }

    func next() -> UInt64 {
        first.withLock { $0.take() } ?? UInt64.random(in: 0...UInt64.max)
    }
}
