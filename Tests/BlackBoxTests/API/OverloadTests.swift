import Foundation
import LonghaulHTTP
import Testing

/// Bounds of queues hold exactly, and requests beyond them are answered.
@Suite struct OverloadTests {
    /// The results of concurrent submissions.
    private struct Tally {
        var accepted = 0
        var refused = 0
    }

    /// Makes 64 clients submit the same request until each of them is rejected.
    private func flood(_ server: TestServer, _ path: String, _ json: String) async throws -> Tally {
        try await withThrowingTaskGroup(of: Tally.self) { group in
            for _ in 0..<64 {
                group.addTask {
                    var tally = Tally()
                    while tally.refused == 0 {
                        let answer = try await server.call("POST", path, json)
                        if answer.status == 202 {
                            tally.accepted += 1
                        } else {
                            #expect(answer.status == 503 && answer.code == "system_busy", "\(answer)")
                            #expect(answer.headers["Retry-After"].flatMap { Int($0) } ?? 0 >= 1)
                            tally.refused += 1
                        }
                    }
                    return tally
                }
            }
            return try await group.reduce(into: Tally()) { $0.accepted += $1.accepted }
        }
    }

    private func depth(_ server: TestServer, _ queue: String = "default") async throws -> Int {
        try await server.call("GET", "/v1/queues/\(queue)").int("depth")
    }

    @Test func queueAcceptsExactlyItsMaximumUnderConcurrency() async throws {
        let server = try await TestServer()
        _ = try await server.call("PUT", "/v1/queues/default", #"{"max_depth": 1000}"#)
        #expect(try await flood(server, "/v1/jobs", #"{"kind": "a"}"#).accepted == 1000)
        #expect(try await depth(server) == 1000)
    }

    @Test func batchIsAcceptedCompletelyOrRejected() async throws {
        let server = try await TestServer()
        _ = try await server.call("PUT", "/v1/queues/default", #"{"max_depth": 1000}"#)
        let entries = (0..<30).map { _ in #"{"kind": "a"}"# }.joined(separator: ",")
        let tally = try await flood(server, "/v1/jobs/batch", #"{"jobs": [\#(entries)]}"#)
        #expect(tally.accepted == 33)
        #expect(try await depth(server) == 990)
        let ten = entries.split(separator: "},").prefix(10).joined(separator: "},") + "}"
        #expect(try await server.call("POST", "/v1/jobs/batch", #"{"jobs": [\#(ten)]}"#).status == 202)
        #expect(try await depth(server) == 1000)
    }

    @Test func systemMaximumAppliesAcrossQueues() async throws {
        let server = try await TestServer("serve", ["--max-depth", "100"])
        async let first = flood(server, "/v1/jobs", #"{"kind": "a", "queue": "one"}"#)
        async let second = flood(server, "/v1/jobs", #"{"kind": "a", "queue": "two"}"#)
        let accepted = try await first.accepted + second.accepted
        #expect(accepted == 100)
        let one = try await depth(server, "one")
        let two = try await depth(server, "two")
        #expect(one + two == 100)
        let full = try await server.call("POST", "/v1/jobs", #"{"kind": "a"}"#)
        #expect(try full.string("detail").contains("the system is full") == true)
        _ = try #require(try await server.lease(queue: one > 0 ? "one" : "two"))
        _ = try await server.submit(#"{"kind": "a"}"#)
    }

    @Test func rateLimitDelaysJobsAndWakesWaitingWorkers() async throws {
        let server = try await TestServer()
        let limit = #"{"rate_limit": {"jobs": 1, "period_seconds": 2, "burst": 2}}"#
        let queue = try await server.call("PUT", "/v1/queues/default", limit)
        #expect(try queue.int("rate_limit.burst") == 2)
        for _ in 0..<4 { _ = try await server.submit(#"{"kind": "a"}"#) }
        let began = ContinuousClock.now
        for _ in 0..<2 { #expect(try await server.lease() != nil) }
        // Each of two waiting workers gets a job when a token has returned.
        async let third = server.lease(wait: 30, worker: "w2")
        async let fourth = server.lease(wait: 30, worker: "w3")
        let leases = try await [third, fourth]
        #expect(leases.allSatisfy { $0 != nil })
        #expect(began.duration(to: .now) > .seconds(3))
    }

    @Test func aPausedQueueKeepsItsSettings() async throws {
        let server = try await TestServer()
        let settings = #"{"max_depth": 5, "partition_by": "customer", "max_size": 9}"#
        _ = try await server.call("PUT", "/v1/queues/q", settings)
        let paused = try await server.call("POST", "/v1/queues/q/pause")
        #expect(try paused.bool("paused") == true)
        let resumed = try await server.call("POST", "/v1/queues/q/resume")
        #expect(try resumed.bool("paused") == false)
        #expect(try resumed.int("max_depth") == 5)
        #expect(try resumed.string("partition_by") == "customer")
        #expect(try resumed.int("max_size") == 9)
    }
}
