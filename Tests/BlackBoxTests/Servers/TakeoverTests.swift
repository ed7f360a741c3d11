import Foundation
import LonghaulTestSupport
import Testing

/// A server dies; the other goes on with what it did.
@Suite(.over(.postgres, "SQLite's file has one server"))
struct TakeoverTests {
    @Test func theLeasesOfADeadServerEnd() async throws {
        let servers = try await ServerPair()
        let id = try await servers.one.submit(
            #"{"kind": "a", "backoff": {"type": "fixed", "initial_seconds": 0, "jitter": 0}}"#)
        let first = try #require(try await servers.one.lease(seconds: 4, worker: "w1"))
        try await servers.one.process.crash()
        let second = try #require(try await servers.other.lease(wait: 60, worker: "w2"))
        #expect((second.lease["job"] as? [String: Any])?["id"] as? String == id)
        #expect(second.lease["attempt"] as? Int == 2)
        let late = try await servers.other.call("POST", "/v1/leases/\(first.token)/complete", "{}")
        #expect(late.code == "lease_lost")
        try await servers.other.complete(second.token)
    }

    /// The heartbeats of a worker go to the other server when its own is gone: the job is not lost to it.
    @Test func aLeaseOfADeadServerIsRenewedAtTheOther() async throws {
        let servers = try await ServerPair()
        let id = try await servers.one.submit(#"{"kind": "a"}"#)
        let lease = try #require(try await servers.one.lease(seconds: 60))
        try await servers.one.process.crash()
        let beat = try await servers.other.call(
            "POST", "/v1/leases/heartbeat",
            #"{"worker": {"id": "w1"}, "leases": [{"token": "\#(lease.token)"}]}"#)
        #expect((beat["renewed"] as? [[String: Any]])?.first?["token"] as? String == lease.token)
        try await servers.other.complete(lease.token)
        #expect(try await servers.other.call("GET", "/v1/jobs/\(id)")["attempt"] as? Int == 1)
    }

    @Test func whatADeadServerHadPlannedComesDue() async throws {
        let servers = try await ServerPair()
        let id = try await servers.one.submit(#"{"kind": "a", "delay_seconds": 2}"#)
        try await servers.one.process.crash()
        let lease = try #require(try await servers.other.lease(wait: 60))
        #expect((lease.lease["job"] as? [String: Any])?["id"] as? String == id)
    }

    /// Both live through two ticks; a schedule that is set at a server which dies ticks at the other.
    @Test(arguments: [false, true]) func aTickMakesOneJob(_ dies: Bool) async throws {
        let servers = try await ServerPair()
        let made = try await servers.one.call(
            "PUT", "/v1/schedules/often", #"{"cron": "* * * * *", "job": {"kind": "a"}}"#)
        let next = try #require(made["next_run_at"] as? String)
        if dies { try await servers.one.process.crash() }
        func ticks() async throws -> [String] {
            let list = try await servers.other.call("GET", "/v1/jobs?tag=schedule:often")
            return (list["items"] as? [[String: Any]] ?? []).compactMap {
                ($0["tags"] as? [String: String])?["scheduled_at"]
            }
        }
        try await eventually("a job at \(next)", within: 150) { try await ticks().contains(next) }
        if !dies {
            // By the next tick, whoever came second has looked at the first one too: what it made would be there.
            try await eventually("a job of another tick", within: 150) { try await Set(ticks()).count > 1 }
        }
        let ticks = try await ticks()
        #expect(Set(ticks).count == ticks.count, "\(ticks)")
    }
}
