import Foundation
import LonghaulTestSupport
import Testing

/// Settings that are set at one server apply at the other.
@Suite(.over(.postgres, "SQLite's file has one server"))
struct SharedSettingsTests {
    @Test func pauseAppliesAtBothServersAndItsEndWakesWaitingWorkers() async throws {
        let servers = try await ServerPair()
        let id = try await servers.other.submit(#"{"kind": "a"}"#)
        #expect(try await servers.one.call("POST", "/v1/queues/default/pause").status == 200)
        #expect(try await servers.other.lease() == nil)
        async let waiting = servers.other.lease(wait: 30)
        #expect(try await servers.one.call("POST", "/v1/queues/default/resume").status == 200)
        #expect(try await waiting?.lease.string("job.id") == id)
    }

    @Test func capacityFreedAtOneServerIsUsedAtTheOther() async throws {
        let servers = try await ServerPair()
        _ = try await servers.one.call("PUT", "/v1/queues/default", #"{"max_concurrency": 1}"#)
        for _ in 0..<2 { _ = try await servers.one.submit(#"{"kind": "a"}"#) }
        let first = try #require(try await servers.one.lease())
        #expect(try await servers.other.lease() == nil)
        async let waiting = servers.other.lease(wait: 30, worker: "w2")
        try await servers.one.complete(first.token)
        #expect(try await waiting != nil)
    }

    @Test func queueBoundIsSharedByBothServers() async throws {
        let servers = try await ServerPair()
        _ = try await servers.one.call("PUT", "/v1/queues/default", #"{"max_depth": 50}"#)
        let accepted = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<120 {
                let server = number % 2 == 0 ? servers.one : servers.other
                group.addTask {
                    let answer = try await server.call("POST", "/v1/jobs", #"{"kind": "a"}"#)
                    #expect([202, 503].contains(answer.status), "\(answer)")
                    return answer.status == 202
                }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(accepted == 50)
        #expect(try await servers.other.call("GET", "/v1/queues/default").int("depth") == 50)
    }

    @Test func routingTableOfOneServerAppliesAtTheOther() async throws {
        let servers = try await ServerPair()
        let table =
            #"{"rules": [{"kinds": ["video.*"], "queue": "small"}, {"kinds": ["video.*"], "queue": "large"}]}"#
        #expect(try await servers.one.call("PUT", "/v1/routing", table).status == 200)
        _ = try await servers.one.call("PUT", "/v1/queues/small", #"{"max_size": 100}"#)
        for (size, queue) in [(5, "small"), (500, "large")] {
            try await eventually("the other server routes to \(queue)") {
                let job = try await servers.other.call(
                    "POST", "/v1/jobs", #"{"kind": "video.cut", "size": \#(size)}"#)
                return try job.string("queue") == queue
            }
        }
        #expect(try await servers.other.call("GET", "/v1/routing").count("rules") == 2)
    }

    @Test func rateLimitIsSharedByBothServers() async throws {
        let servers = try await ServerPair()
        let limit = #"{"rate_limit": {"jobs": 1, "period_seconds": 2, "burst": 2}}"#
        _ = try await servers.one.call("PUT", "/v1/queues/default", limit)
        for _ in 0..<3 { _ = try await servers.one.submit(#"{"kind": "a"}"#) }
        let began = ContinuousClock.now
        #expect(try await servers.one.lease() != nil)
        #expect(try await servers.other.lease() != nil)
        #expect(try await servers.other.lease(wait: 30, worker: "w2") != nil)
        #expect(began.duration(to: .now) > .seconds(1))
    }
}
