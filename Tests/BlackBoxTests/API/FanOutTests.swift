import Foundation
import LonghaulHTTP
import LonghaulTestSupport
import Testing

/// Fan-out and fan-in over HTTP.
@Suite struct FanOutTests {
    private func ids(_ answer: Answer) throws -> [String] { try answer.strings("jobs.*.job.id") }

    private func parent(_ answer: Answer) throws -> String { try answer.string("parent.job.id") }

    private func complete(_ server: TestServer, _ result: String) async throws {
        let lease = try #require(try await server.lease())
        let answer = try await server.call(
            "POST", "/v1/leases/\(lease.token)/complete", #"{"result": \#(result)}"#)
        #expect(answer.status == 200)
    }

    private func state(_ server: TestServer, _ id: String) async throws -> String? {
        try await server.call("GET", "/v1/jobs/\(id)").string("state")
    }

    @Test func aParentRunsWhenItsChildrenHaveEndedAndSeesTheirResults() async throws {
        let server = try await TestServer()
        let answer = try await server.call(
            "POST", "/v1/jobs/batch",
            #"{"jobs": [{"kind": "part", "payload": 1}, {"kind": "part", "payload": 2}], "parent": {"kind": "merge"}}"#
        )
        #expect(answer.status == 202)
        let parent = try parent(answer)
        let children = try ids(answer)
        #expect(children.count == 2)
        #expect(try await state(server, parent) == "blocked")
        try await complete(server, "10")
        try await complete(server, "20")
        let lease = try #require(try await server.lease())
        let job = try lease.lease.value("job")
        #expect(try job.string("id") == parent)
        #expect(try job.strings("dependencies.*.id") == children)
        #expect(try job.ints("dependencies.*.result") == [10, 20])
        #expect(try job.strings("children") == children)
        #expect(try job.int("children_count") == 2)

        let dependents = try await server.call("GET", "/v1/jobs/\(children[0])/dependents")
        #expect(try dependents.strings("items.*.id") == [parent])
        #expect(try dependents.string("items.0.state") == "processing")
        #expect(
            try await server.call("GET", "/v1/jobs/01890000-0000-7001-8000-000000000001/dependents").status
                == 404)

        let first = try await server.call("GET", "/v1/jobs/\(parent)/children?limit=1")
        #expect(try first.strings("items.*.id") == [children[1]])
        let cursor = try first.string("next_cursor")
        let second = try await server.call("GET", "/v1/jobs/\(parent)/children?limit=1&cursor=\(cursor)")
        #expect(try second.strings("items.*.id") == [children[0]])
        #expect(
            try await server.call("GET", "/v1/jobs/\(parent)/children?state=pending").count("items")
                == 0)
        #expect(
            try await server.call("GET", "/v1/jobs/01890000-0000-7001-8000-000000000001/children").status
                == 404)
    }

    @Test func collectingJobCompletesWithoutAWorker() async throws {
        let server = try await TestServer()
        let answer = try await server.call(
            "POST", "/v1/jobs/batch",
            #"""
            {"jobs": [{"kind": "part"}, {"kind": "part"}, {"kind": "part"}],
             "parent": {"kind": "all", "join": {"wait_for": 2, "collect": true}}}
            """#)
        let parent = try parent(answer)
        async let ended = server.call("GET", "/v1/jobs/\(parent)?wait_seconds=30")
        try await complete(server, "1")
        try await complete(server, "2")
        let job = try await ended
        #expect(try job.string("state") == "completed")
        #expect(try job.strings("result.*.state") == ["completed", "completed", "pending"])
        #expect(try job.array("result.*.result") == [1, 2, nil])
    }

    private static let ends = ["failed", "cancelled", "expired", "deleted"]

    @Test(arguments: ends)
    func everyEndOfAChildCounts(_ end: String) async throws {
        let server = try await TestServer()
        // `Retry-After` has whole seconds, so the time must be at least one second ahead.
        let soon = Date(timeIntervalSinceNow: end == "expired" ? 2 : 3600).formatted(.iso8601)
        let answer = try await server.call(
            "POST", "/v1/jobs/batch",
            #"""
            {"jobs": [{"kind": "part", "expires_at": "\#(soon)"}],
             "parent": {"kind": "all", "on_dependency_failure": "run", "join": {"collect": true}}}
            """#)
        #expect(answer.status == 202)
        let child = try #require(ids(answer).first)
        if end == "failed" {
            let lease = try #require(try await server.lease())
            let body = #"{"error": {"type": "x", "message": "y"}, "retryable": false}"#
            #expect(try await server.call("POST", "/v1/leases/\(lease.token)/fail", body).status == 200)
        } else if end != "expired" {
            #expect(try await server.call("POST", "/v1/jobs/\(child)/cancel").status == 200)
        }
        if end == "deleted" {
            #expect(try await server.call("DELETE", "/v1/jobs/\(child)").status == 204)
        }
        let parent = try parent(answer)
        try await eventually("the parent has ended") { try await state(server, parent) == "completed" }
    }

    @Test func runningJobSubmitsChildren() async throws {
        let server = try await TestServer()
        let id = try await server.submit(#"{"kind": "split"}"#)
        let lease = try #require(try await server.lease())
        let answer = try await server.call(
            "POST", "/v1/jobs/batch",
            #"{"jobs": [{"kind": "part", "parent_id": "\#(id)"}, {"kind": "part", "parent_id": "\#(id)"}]}"#)
        #expect(answer.status == 202)
        #expect(try await server.call("GET", "/v1/jobs/\(id)").strings("children") == ids(answer))
        #expect(try await server.call("POST", "/v1/leases/\(lease.token)/complete").status == 200)
        let late = try await server.call("POST", "/v1/jobs", #"{"kind": "part", "parent_id": "\#(id)"}"#)
        #expect(late.status == 400)
        #expect(late.pointers == ["/parent_id"])
    }

    @Test func cancellingAParentCancelsItsDescendants() async throws {
        let server = try await TestServer()
        let body = #"{"jobs": [{"kind": "part"}, {"kind": "part"}], "parent": {"kind": "merge"}}"#
        var answer = try await server.call("POST", "/v1/jobs/batch", body)
        #expect(try await server.call("POST", "/v1/jobs/\(try parent(answer))/cancel").status == 200)
        for id in try ids(answer) { #expect(try await state(server, id) == "cancelled") }

        answer = try await server.call("POST", "/v1/jobs/batch", body)
        let path = "/v1/jobs/\(try parent(answer))/cancel"
        #expect(try await server.call("POST", path + "?children=false").status == 200)
        for id in try ids(answer) { #expect(try await state(server, id) == "pending") }
        // A second cancellation cancels the remaining descendants, although the job itself has ended.
        #expect(try await server.call("POST", path).status == 409)
        for id in try ids(answer) { #expect(try await state(server, id) == "cancelled") }
    }

    @Test func aBatchWithAParentIsRepeatedByTheParentsKey() async throws {
        let server = try await TestServer()
        let body = #"""
            {"jobs": [{"kind": "part"}, {"kind": "part"}],
             "parent": {"kind": "merge", "idempotency_key": "k"}}
            """#
        let first = try await server.call("POST", "/v1/jobs/batch", body)
        let again = try await server.call("POST", "/v1/jobs/batch", body)
        #expect(again.status == 202)
        #expect(try ids(again) == ids(first))
        #expect(try parent(again) == parent(first))
        #expect(try again.int("parent.status") == 200)
        let other = try await server.call(
            "POST", "/v1/jobs/batch",
            #"{"jobs": [{"kind": "part"}], "parent": {"kind": "merge", "idempotency_key": "k"}}"#
        )
        #expect(other.status == 422)
        #expect(other.pointers == ["/parent"])
    }

    private static let refused: [(String, [String])] = [
        (#"{"jobs": [{"kind": "a"}], "parent": {"kind": ""}}"#, ["/parent/kind"]),
        (
            #"{"jobs": [{"kind": "a"}], "parent": {"kind": "p", "join": {"wait_for": 2}}}"#,
            ["/parent/join/wait_for"]
        ),
        (
            #"{"jobs": [{"kind": "a"}], "parent": {"kind": "p", "join": {"wait_for": "some"}}}"#,
            ["/parent/join/wait_for"]
        ),
        (
            #"{"jobs": [{"kind": "a"}], "parent": {"kind": "p", "delay_seconds": 5, "join": {"collect": true}}}"#,
            ["/parent/join/collect"]
        ),
        (
            ##"{"jobs": [{"kind": "a", "depends_on": ["#p"]}], "parent": {"kind": "p", "ref": "p"}}"##,
            ["/jobs/0/depends_on", "/parent/depends_on"]
        ),
        (
            #"{"jobs": [{"kind": "a", "parent_id": "01890000-0000-7001-8000-000000000001"}], "parent": {"kind": "p"}}"#,
            ["/jobs/0/parent_id"]
        ),
        (
            #"{"jobs": [{"kind": "a", "parent_id": "01890000-0000-7001-8000-000000000001"}]}"#,
            ["/jobs/0/parent_id"]
        ),
    ]

    @Test(arguments: refused)
    func contradictoryFieldsAreRejected(_ body: String, _ pointers: [String]) async throws {
        let server = try await TestServer()
        let answer = try await server.call("POST", "/v1/jobs/batch", body)
        #expect(answer.status == 400)
        #expect(answer.pointers == pointers, "\(answer)")
        #expect(try await server.call("GET", "/v1/jobs").count("items") == 0)
    }
}
