import LonghaulTestSupport
import Testing

/// Workers: their heartbeats, their health, and deregistration.
@Suite struct WorkerTests {
    /// The known workers by their ID.
    private func workers(_ server: TestServer) async throws -> [String: JSONValue] {
        let items = try await server.call("GET", "/v1/workers").array("items")
        return try Dictionary(uniqueKeysWithValues: items.map { (try $0.string("id"), $0) })
    }

    private func lease(_ server: TestServer, _ worker: String, seconds: Double = 30) async throws -> Answer {
        try await server.call(
            "POST", "/v1/leases",
            #"{"worker": \#(worker), "queues": ["default"], "lease_seconds": \#(seconds), "wait_seconds": 20}"#
        )
    }

    @Test func workerWithoutItsPromisedHeartbeatsIsLate() async throws {
        let server = try await TestServer()
        for _ in 0..<2 { _ = try await server.submit(#"{"kind": "a"}"#) }
        _ = try await lease(server, #"{"id": "quick", "heartbeat_interval_seconds": 0.2}"#)
        _ = try await lease(server, #"{"id": "slow"}"#)
        try await eventually("the one that promised is late, long before its lease ends") {
            try await workers(server)["quick"]?.string("state") == "late"
        }
        let all = try await workers(server)
        let slow = try #require(all["slow"])
        #expect(try slow.string("state") == "healthy" && !slow.has("heartbeat_interval_seconds"))
        #expect(try all["quick"]?.double("heartbeat_interval_seconds") == 0.2)
        // On a busy machine, the worker may be late again when it is read.
        try await eventually("a heartbeat makes it healthy") {
            _ = try await server.call(
                "POST", "/v1/leases/heartbeat", #"{"worker": {"id": "quick"}, "leases": []}"#)
            return try await workers(server)["quick"]?.string("state") == "healthy"
        }
    }

    @Test(arguments: ["0", "-1", "3601", "\"1\""])
    func heartbeatIntervalOutOfRangeIsRejected(seconds: String) async throws {
        let server = try await TestServer()
        let answer = try await lease(server, #"{"id": "w", "heartbeat_interval_seconds": \#(seconds)}"#)
        #expect(
            answer.status == 400 && answer.pointers == ["/worker/heartbeat_interval_seconds"], "\(answer)")
    }

    @Test func deregisteredWorkerReleasesItsJobs() async throws {
        let server = try await TestServer()
        let job = try await server.submit(#"{"kind": "a"}"#)
        let token = try #require(try await server.lease(seconds: 600, wait: 20, worker: "a b/ü")).token
        let path = "/v1/workers/a%20b%2F%C3%BC"
        #expect(try await server.call("DELETE", path).strings("released") == [job])
        let after = try await server.call("GET", "/v1/jobs/\(job)")
        #expect(try after.string("state") == "pending" && after.int("attempt") == 0)
        #expect(try await server.call("POST", "/v1/leases/\(token)/complete", "{}").code == "lease_lost")
        #expect(try await workers(server).isEmpty)
        let again = try await server.call("DELETE", path)
        #expect(again.status == 404 && again.code == "not_found")
        #expect(try await server.lease(wait: 20, worker: "other")?.lease.int("attempt") == 1)
    }
}
