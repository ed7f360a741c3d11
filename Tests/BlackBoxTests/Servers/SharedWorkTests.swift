import Foundation
import LonghaulHTTP
import Testing

/// Two servers share jobs: a change at one is soon visible at the other.
@Suite(.over(.postgres, "SQLite's file has one server"))
struct SharedWorkTests {
    /// Most rounds must be much faster than the poll interval, which covers lost notifications. A busy machine can
    /// delay some rounds.
    private func promptly(_ what: Comment, _ rounds: Int, _ round: (Int) async throws -> Void) async throws {
        var took: [Duration] = []
        for number in 0..<rounds {
            let began = ContinuousClock.now
            try await round(number)
            took.append(began.duration(to: .now))
        }
        #expect(took.count { $0 < .seconds(2) } > rounds / 2, "\(what): \(took)")
    }

    @Test func workerAtOneServerIsWokenByASubmissionAtTheOther() async throws {
        let servers = try await ServerPair()
        try await promptly("jobs of the other server come by themselves", 10) { number in
            async let waiting = servers.other.lease(wait: 30)
            let id = try await servers.one.submit(#"{"kind": "kind\#(number % 3)"}"#)
            let given = try #require(try await waiting)
            #expect(try given.lease.string("job.id") == id)
            try await servers.one.complete(given.token, #"{"result": \#(number)}"#)
            #expect(try await servers.other.call("GET", "/v1/jobs/\(id)").int("result") == number)
        }
    }

    @Test func waitAtOneServerEndsWhenTheJobEndsAtTheOther() async throws {
        let servers = try await ServerPair()
        try await promptly("ends at the other server are notified", 10) { _ in
            let id = try await servers.one.submit(#"{"kind": "a"}"#)
            async let ended = servers.other.call("GET", "/v1/jobs/\(id)?wait_seconds=60")
            let lease = try #require(try await servers.one.lease())
            try await servers.one.complete(lease.token)
            #expect(try await ended.string("state") == "completed")
        }
    }

    @Test func eventsOfAJobAreStreamedAtTheOtherServer() async throws {
        let servers = try await ServerPair()
        let id = try await servers.one.submit(#"{"kind": "a"}"#)
        async let stream = servers.other.call("GET", "/v1/jobs/\(id)/events")
        let lease = try #require(try await servers.one.lease())
        let beat =
            #"{"worker": {"id": "w1"}, "leases": [{"token": "\#(lease.token)", "progress": {"percent": 40}}]}"#
        #expect(try await servers.one.call("POST", "/v1/leases/heartbeat", beat).status == 200)
        try await servers.one.complete(lease.token)
        let states = try JobTests.states(in: String(decoding: try await stream.body, as: UTF8.self))
        #expect(states == ["pending", "processing", "completed"])
    }

    @Test func logFollowedAtOneServerShowsLinesSentToTheOther() async throws {
        let servers = try await ServerPair()
        let id = try await servers.one.submit(#"{"kind": "a"}"#)
        let lease = try #require(try await servers.one.lease())
        async let followed = servers.other.call("GET", "/v1/jobs/\(id)/logs?follow=true")
        let line = #"{"lines": [{"at": "2026-11-24T09:15:00.000Z", "message": "from the other"}]}"#
        #expect(try await servers.one.call("POST", "/v1/leases/\(lease.token)/logs", line).status == 204)
        try await servers.one.complete(lease.token)
        #expect(String(decoding: try await followed.body, as: UTF8.self).contains("from the other"))
    }

    @Test func workerAtOneServerLearnsOfACancellationAtTheOther() async throws {
        let servers = try await ServerPair()
        let id = try await servers.one.submit(#"{"kind": "a"}"#)
        let lease = try #require(try await servers.one.lease())
        #expect(try await servers.other.call("POST", "/v1/jobs/\(id)/cancel").status == 200)
        let beat = try await servers.one.call(
            "POST", "/v1/leases/heartbeat",
            #"{"worker": {"id": "w1"}, "leases": [{"token": "\#(lease.token)"}]}"#)
        #expect(try beat.strings("cancel") == [lease.token])
    }

    @Test func artifactStoredAtOneServerIsReadAtTheOther() async throws {
        let servers = try await ServerPair()
        let id = try await servers.one.submit(#"{"kind": "a"}"#)
        let lease = try #require(try await servers.one.lease())
        let path = "/v1/leases/\(lease.token)/artifacts/a.txt"
        #expect(try await servers.one.call("PUT", path, "hello").status == 201)
        try await servers.other.complete(lease.token)
        let file = try await servers.other.call("GET", "/v1/jobs/\(id)/artifacts/a.txt")
        #expect(String(decoding: file.body, as: UTF8.self) == "hello")
    }

    @Test func idempotencyKeyAppliesAtBothServers() async throws {
        let servers = try await ServerPair()
        let ids = try await withThrowingTaskGroup(of: String.self) { group in
            for number in 0..<40 {
                let server = number % 2 == 0 ? servers.one : servers.other
                group.addTask {
                    try await server.call("POST", "/v1/jobs", #"{"kind": "a", "idempotency_key": "k"}"#)
                        .string("id")
                }
            }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(ids.count == 1)
    }
}
