import Foundation
import LonghaulHTTP
import Testing

/// Reads and operator actions of jobs.
@Suite struct JobTests {
    @Test func waitsForTheEnd() async throws {
        let server = try await TestServer()
        let id = try await server.submit(#"{"kind": "a"}"#)
        async let waited = server.call("GET", "/v1/jobs/\(id)?wait_seconds=30")
        let lease = try #require(try await server.lease())
        _ = try await server.call("POST", "/v1/leases/\(lease.token)/complete", #"{"result": 42}"#)
        let answer = try await waited
        #expect(try answer.string("state") == "completed")
        #expect(try answer.int("result") == 42)
        #expect(answer.has("finished_at"))
    }

    @Test func answersNotModified() async throws {
        let server = try await TestServer()
        let id = try await server.submit(#"{"kind": "a"}"#)
        let first = try await server.call("GET", "/v1/jobs/\(id)")
        let tag = try #require(first.headers["ETag"])
        #expect(tag.hasPrefix("\""))
        let same = try await server.call("GET", "/v1/jobs/\(id)", headers: ["If-None-Match": tag])
        #expect(same.status == 304)
        #expect(same.body.isEmpty)
        _ = try await server.call("POST", "/v1/jobs/\(id)/cancel")
        let changed = try await server.call("GET", "/v1/jobs/\(id)", headers: ["If-None-Match": tag])
        #expect(changed.status == 200)
    }

    @Test func pendingJobShowsItsPosition() async throws {
        let server = try await TestServer()
        let low = try await server.submit(#"{"kind": "a", "priority": 1}"#)
        _ = try await server.submit(#"{"kind": "b", "priority": 9}"#)
        _ = try await server.submit(#"{"kind": "a", "priority": 5}"#)
        #expect(try await server.call("GET", "/v1/jobs/\(low)").int("position") == 2)
    }

    @Test func leasesHigherPrioritiesFirstThenOldest() async throws {
        let server = try await TestServer()
        var expected: [String] = []
        for priority in [1, 5, 5, 9] {
            expected.append(try await server.submit(#"{"kind": "a", "priority": \#(priority)}"#))
        }
        let order = [expected[3], expected[1], expected[2], expected[0]]
        var got: [String] = []
        while let lease = try await server.lease() {
            got.append(try lease.lease.string("job.id"))
        }
        #expect(got == order)
    }

    @Test func listsNewestFirstByPageAndFilter() async throws {
        let server = try await TestServer()
        var ids: [String] = []
        for index in 0..<5 {
            ids.append(
                try await server.submit(
                    #"{"kind": "k\#(index % 2)", "actor": "u\#(index)", "queue": "q\#(index % 2)", "tags": {"n": "\#(index)"}}"#
                ))
        }
        func list(_ query: String) async throws -> (ids: [String], next: String?) {
            let answer = try await server.call("GET", "/v1/jobs?\(query)")
            let next = answer.has("next_cursor") ? try answer.string("next_cursor") : nil
            return (try answer.strings("items.*.id"), next)
        }
        let first = try await list("limit=2")
        #expect(first.ids == [ids[4], ids[3]])
        // A newer job does not change the position of a cursor.
        _ = try await server.submit(#"{"kind": "late", "queue": "late"}"#)
        let second = try await list("limit=2&cursor=\(try #require(first.next))")
        #expect(second.ids == [ids[2], ids[1]])
        let third = try await list("limit=2&cursor=\(try #require(second.next))")
        #expect(third.ids == [ids[0]])
        #expect(third.next == nil)
        #expect(try await list("kind=k1").ids == [ids[3], ids[1]])
        #expect(try await list("queue=q0&limit=1").ids == [ids[4]])
        #expect(try await list("actor=u2").ids == [ids[2]])
        #expect(try await list("tag=n:3").ids == [ids[3]])
        #expect(try await list("state=completed").ids.isEmpty)
        #expect(try await list("state=pending&kind=k0").ids == [ids[4], ids[2], ids[0]])
        #expect(try await list("created_after=2999-01-01T00:00:00Z").ids.isEmpty)
        #expect(try await list("created_before=2999-01-01T00:00:00Z").ids.count == 6)
    }

    @Test func cancelsRetriesAndDeletes() async throws {
        let server = try await TestServer()
        let id = try await server.submit(#"{"kind": "a"}"#)
        #expect(try await server.call("DELETE", "/v1/jobs/\(id)").code == "conflict")
        let cancelled = try await server.call("POST", "/v1/jobs/\(id)/cancel")
        #expect(cancelled.status == 200)
        #expect(try cancelled.string("state") == "cancelled")
        let again = try await server.call("POST", "/v1/jobs/\(id)/cancel")
        #expect(again.status == 409)
        #expect(again.code == "conflict")
        let retried = try await server.call("POST", "/v1/jobs/\(id)/retry")
        #expect(retried.status == 200)
        #expect(try retried.string("state") == "pending")
        #expect(try await server.call("POST", "/v1/jobs/\(id)/retry").status == 409)
        _ = try await server.call("POST", "/v1/jobs/\(id)/cancel")
        #expect(try await server.call("DELETE", "/v1/jobs/\(id)").status == 204)
        #expect(try await server.call("GET", "/v1/jobs/\(id)").status == 404)
        #expect(try await server.call("DELETE", "/v1/jobs/\(id)").status == 404)
    }

    @Test func freesAndFailsDependents() async throws {
        let server = try await TestServer()
        let first = try await server.submit(#"{"kind": "a", "queue": "first"}"#)
        let waits = try await server.submit(#"{"kind": "b", "depends_on": ["\#(first)"]}"#)
        #expect(try await server.call("GET", "/v1/jobs/\(waits)").string("state") == "blocked")
        let lease = try #require(try await server.lease(queue: "first"))
        _ = try await server.call("POST", "/v1/leases/\(lease.token)/complete", "{}")
        #expect(try await server.call("GET", "/v1/jobs/\(waits)").string("state") == "pending")

        let doomed = try await server.submit(#"{"kind": "a", "queue": "first"}"#)
        let policies = ["cancel": "cancelled", "fail": "failed", "run": "pending"]
        var dependents: [(String, String)] = []
        for (policy, state) in policies {
            dependents.append(
                (
                    try await server.submit(
                        #"{"kind": "b", "depends_on": ["\#(doomed)"], "on_dependency_failure": "\#(policy)"}"#
                    ),
                    state
                ))
        }
        _ = try await server.call("POST", "/v1/jobs/\(doomed)/cancel")
        for (id, state) in dependents {
            #expect(try await server.call("GET", "/v1/jobs/\(id)").string("state") == state)
        }
    }

    @Test func streamsHistoryAndLiveChangesUntilTheEnd() async throws {
        let server = try await TestServer()
        let id = try await server.submit(#"{"kind": "a"}"#)
        async let streamed = server.call("GET", "/v1/jobs/\(id)/events")
        let lease = try #require(try await server.lease(wait: 10))
        _ = try await server.call(
            "POST", "/v1/leases/heartbeat",
            #"{"worker": {"id": "w1"}, "leases": [{"token": "\#(lease.token)", "progress": {"percent": 50}}]}"#
        )
        _ = try await server.call("POST", "/v1/leases/\(lease.token)/complete", "{}")
        let events = try await streamed
        #expect(events.status == 200)
        #expect(events.headers["Content-Type"]?.hasPrefix("text/event-stream") == true)
        let text = String(decoding: events.body, as: UTF8.self)
        #expect(try Self.states(in: text) == ["pending", "processing", "completed"])
        // A client can continue the stream after the last event that it received.
        let ids = text.split(separator: "\n").filter { $0.hasPrefix("id:") }
            .map { $0.dropFirst(3).trimmingCharacters(in: .whitespaces) }
        let rest = try await server.call(
            "GET", "/v1/jobs/\(id)/events", headers: ["Last-Event-ID": try #require(ids.first)])
        #expect(
            try Self.states(in: String(decoding: rest.body, as: UTF8.self)) == ["processing", "completed"])
    }

    static func states(in stream: String) throws -> [String] {
        var states: [String] = []
        var name = ""
        for line in stream.split(separator: "\n") {
            if line.hasPrefix("event:") { name = line.dropFirst(6).trimmingCharacters(in: .whitespaces) }
            guard line.hasPrefix("data:"), name == "state" else { continue }
            states.append(try JSONValue(parsing: line.dropFirst(5)).string("state"))
        }
        return states
    }

    @Test func servesHealthReadinessAndItsDocument() async throws {
        let server = try await TestServer()
        #expect(try await server.call("GET", "/healthz").status == 200)
        try await server.becomesReady()
        let document = try await server.call("GET", "/openapi.json")
        #expect(try document.string("openapi") == "3.1.0")
        #expect(document.has("paths./v1/jobs/{id}"))
    }
}
