import Foundation
import LonghaulTestSupport
import Testing

/// A server crashes, and the other one continues its work.
@Suite(.over(.postgres, "SQLite's file has one server"))
struct TakeoverTests {
    @Test func leaseOfACrashedServerExpires() async throws {
        let servers = try await ServerPair()
        let id = try await servers.one.submit(
            #"{"kind": "a", "backoff": {"type": "fixed", "initial_seconds": 0, "jitter": 0}}"#)
        let first = try #require(try await servers.one.lease(seconds: 4, worker: "w1"))
        try await servers.one.process.crash()
        let second = try #require(try await servers.other.lease(wait: 60, worker: "w2"))
        #expect(try second.lease.string("job.id") == id)
        #expect(try second.lease.int("attempt") == 2)
        let late = try await servers.other.call("POST", "/v1/leases/\(first.token)/complete", "{}")
        #expect(late.code == "lease_lost")
        try await servers.other.complete(second.token)
    }

    /// A worker sends its heartbeats to the other server after its own server was killed, and keeps its job.
    @Test func leaseOfACrashedServerIsRenewedAtTheOther() async throws {
        let servers = try await ServerPair()
        let id = try await servers.one.submit(#"{"kind": "a"}"#)
        let lease = try #require(try await servers.one.lease(seconds: 60))
        try await servers.one.process.crash()
        let beat = try await servers.other.call(
            "POST", "/v1/leases/heartbeat",
            #"{"worker": {"id": "w1"}, "leases": [{"token": "\#(lease.token)"}]}"#)
        #expect(try beat.string("renewed.0.token") == lease.token)
        try await servers.other.complete(lease.token)
        #expect(try await servers.other.call("GET", "/v1/jobs/\(id)").int("attempt") == 1)
    }

    @Test func scheduledJobOfACrashedServerBecomesDue() async throws {
        let servers = try await ServerPair()
        let id = try await servers.one.submit(#"{"kind": "a", "delay_seconds": 2}"#)
        try await servers.one.process.crash()
        let lease = try #require(try await servers.other.lease(wait: 60))
        #expect(try lease.lease.string("job.id") == id)
    }

    /// Two ticks with both servers. Then a schedule that was set at a server which is killed fires at the other one.
    @Test(arguments: [false, true]) func eachTickSubmitsOneJob(_ dies: Bool) async throws {
        let servers = try await ServerPair()
        let made = try await servers.one.call(
            "PUT", "/v1/schedules/often", #"{"cron": "* * * * *", "job": {"kind": "a"}}"#)
        let next = try made.string("next_run_at")
        if dies { try await servers.one.process.crash() }
        func ticks() async throws -> [String] {
            let list = try await servers.other.call("GET", "/v1/jobs?tag=schedule:often")
            return try list.strings("items.*.tags.scheduled_at")
        }
        try await eventually("a job at \(next)", within: 150) { try await ticks().contains(next) }
        if !dies {
            // Before the next tick, both servers have processed the first one. A second job of it would exist by now.
            try await eventually("a job of another tick", within: 150) { try await Set(ticks()).count > 1 }
        }
        let ticks = try await ticks()
        #expect(Set(ticks).count == ticks.count, "\(ticks)")
    }
}
