import LonghaulCore
import LonghaulHTTP
import Testing

@testable import LonghaulServer

/// Which requests are refused before they reach a route.
@Suite struct AdmissionTests {
    private let health = ServerFixture.request("GET", "/readyz")
    private let heartbeat = ServerFixture.request("POST", "/v1/leases/heartbeat")
    private let submission = ServerFixture.request("POST", "/v1/jobs")

    @Test func connectionsOfTheReserveServeWorkersAndHealthChecks() {
        let server = ServerFixture()
        let requests = [health, heartbeat, submission]
        #expect(requests.map { server.status($0, on: .ordinary) } == [nil, nil, nil])
        #expect(requests.map { server.status($0, on: .reserved) } == [nil, nil, 503])
        #expect(requests.map { server.status($0, on: .lastReserve) } == [nil, 503, 503])
    }

    @Test func theRateLimitLeavesWorkersAndHealthChecksAlone() {
        let server = ServerFixture { $0.requestsPerSecond = 1 }
        let admission = Admission(server.context)
        for _ in 0..<10 {
            #expect(server.status(health, by: admission) == nil)
            #expect(server.status(heartbeat, by: admission) == nil)
        }
        #expect((0..<3).contains { _ in server.status(submission, by: admission) == 429 })
    }

    @Test func onlyPlainBodiesAreRead() {
        let server = ServerFixture()
        for (encoding, status) in [("gzip", 415), ("GZIP", 415), ("identity", nil), ("", nil)]
            as [(String, Int?)]
        {
            let request = ServerFixture.request("POST", "/v1/jobs", headers: ["Content-Encoding": encoding])
            #expect(server.status(request) == status)
        }
    }

    @Test func onlyLoopbackHostsAreServed() {
        let server = ServerFixture()
        for (host, status) in [
            ("localhost:8080", nil), ("127.0.0.1", nil), ("[::1]", nil), ("example.org", 421),
        ]
            as [(String, Int?)]
        {
            #expect(
                server.status(ServerFixture.request("GET", "/v1/jobs", headers: ["Host": host])) == status)
        }
    }

    @Test func problemsShowNoTokens() {
        for (path, shown) in [
            ("/v1/leases/secret/complete", "/v1/leases/***/complete"),
            ("/v1/leases/secret", "/v1/leases/***"),
            ("/v1/leases/heartbeat", "/v1/leases/heartbeat"), ("/v1/jobs", "/v1/jobs"),
            ("/v1/signals/secret", "/v1/signals/***"), ("/v1/signals/secret/x", "/v1/signals/***/x"),
        ] {
            #expect(RequestPath.redacted(ServerFixture.request("POST", path)) == shown)
        }
    }
}
