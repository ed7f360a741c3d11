import Foundation
import LonghaulHTTP
import LonghaulTestSupport
import Testing

/// Idempotency keys and unique rules, and their lifetimes.
@Suite struct KeyTests {
    @Test func concurrentSubmissionsWithOneKeyCreateOneJob() async throws {
        let server = try await TestServer()
        let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
            for _ in 0..<200 {
                group.addTask {
                    try await server.call(
                        "POST", "/v1/jobs", #"{"kind": "a", "payload": [1], "idempotency_key": "one"}"#)
                }
            }
            return try await group.reduce(into: [Answer]()) { $0.append($1) }
        }
        #expect(answers.count { $0.status == 202 } == 1)
        #expect(answers.count { $0.status == 200 && $0.headers["Idempotent-Replayed"] == "true" } == 199)
        #expect(try Set(answers.map { try $0.string("id") }).count == 1)
        #expect(try await server.call("GET", "/v1/queues/default").int("depth") == 1)
    }

    @Test func headerAndFieldMustNotDiffer() async throws {
        let server = try await TestServer()
        let body = #"{"kind": "a", "idempotency_key": "one"}"#
        let other = try await server.call("POST", "/v1/jobs", body, headers: ["Idempotency-Key": "two"])
        #expect(other.status == 400)
        #expect(try other.string("errors.0.pointer") == "/idempotency_key")
        let same = try await server.call("POST", "/v1/jobs", body, headers: ["Idempotency-Key": "one"])
        #expect(same.status == 202)
    }

    @Test func keyExpiresAfterItsLifetime() async throws {
        let server = try await TestServer("serve", ["--idempotency-ttl-seconds", "1"])
        let body = #"{"kind": "a", "idempotency_key": "k"}"#
        let first = try await server.call("POST", "/v1/jobs", body)
        #expect(first.status == 202)
        try await eventually("the key is free") {
            let again = try await server.call("POST", "/v1/jobs", body)
            return try again.status == 202 && again.string("id") != first.string("id")
        }
    }

    @Test func aKeyOutlivesItsJobsRetention() async throws {
        let server = try await TestServer()
        let body = #"{"kind": "a", "idempotency_key": "k", "retention_seconds": 0}"#
        let id = try await server.submit(body)
        let other = try await server.submit(#"{"kind": "a", "queue": "other", "retention_seconds": 0}"#)
        #expect(try await server.call("POST", "/v1/jobs/\(id)/cancel").status == 200)
        #expect(try await server.call("POST", "/v1/jobs/\(other)/cancel").status == 200)
        try await eventually("the job without a key is gone") {
            try await server.call("GET", "/v1/jobs/\(other)").status == 404
        }
        let again = try await server.call("POST", "/v1/jobs", body)
        #expect(again.status == 200)
        #expect(try again.string("id") == id)
        #expect(try again.string("state") == "cancelled")
    }

    @Test func keyOfADeletedJobCreatesANewJob() async throws {
        let server = try await TestServer()
        let body = #"{"kind": "a", "idempotency_key": "k"}"#
        let id = try await server.submit(body)
        #expect(try await server.call("POST", "/v1/jobs/\(id)/cancel").status == 200)
        #expect(try await server.call("POST", "/v1/jobs", body).status == 200)
        #expect(try await server.call("DELETE", "/v1/jobs/\(id)").status == 204)
        let again = try await server.call("POST", "/v1/jobs", body)
        #expect(again.status == 202)
        #expect(try again.string("id") != id)
    }

    @Test func equalBatchEntriesWithOneKeyAreOneJob() async throws {
        let server = try await TestServer()
        let entry = #"{"kind": "a", "payload": 1, "idempotency_key": "k"}"#
        let same = try await server.call("POST", "/v1/jobs/batch", #"{"jobs": [\#(entry), \#(entry)]}"#)
        #expect(same.status == 202)
        #expect(try same.ints("jobs.*.status") == [202, 200])
        #expect(try Set(same.strings("jobs.*.job.id")).count == 1)
        let other = try await server.call(
            "POST", "/v1/jobs/batch",
            #"{"jobs": [{"kind": "b", "idempotency_key": "l"}, {"kind": "c", "idempotency_key": "l"}]}"#)
        #expect(other.status == 422)
        #expect(other.code == "idempotency_key_reused")
        #expect(other.pointers == ["/jobs/1"])
        #expect(try await server.call("GET", "/v1/jobs").count("items") == 1)
    }

    @Test func keyThatMatchedAUniqueJobStaysWithThatJob() async throws {
        let server = try await TestServer()
        let unique = #""kind": "a", "unique": {"by": ["kind"], "while": "active"}"#
        let id = try await server.submit("{\(unique)}")
        let keyed = #"{\#(unique), "idempotency_key": "k"}"#
        #expect(try await server.call("POST", "/v1/jobs", keyed).status == 200)
        #expect(try await server.call("POST", "/v1/jobs/\(id)/cancel").status == 200)
        let again = try await server.call("POST", "/v1/jobs", keyed)
        #expect(again.status == 200)
        #expect(try again.string("id") == id)
    }

    private static let senseless: [(String, [String])] = [
        (#"{"kind": "a", "unique": {"by": []}}"#, ["/unique/by"]),
        (#"{"kind": "a", "unique": {"by": ["actor"]}}"#, ["/unique/by"]),
        (#"{"kind": "a", "unique": {"by": ["colour"]}}"#, ["/unique/by/0", "/unique/by"]),
        (
            #"{"kind": "a", "unique": {"by": ["kind"], "window_seconds": 60, "while": "active"}}"#,
            ["/unique/window_seconds"]
        ),
        (#"{"kind": "a", "unique": {"by": ["kind"], "while": "pending"}}"#, ["/unique/while"]),
        (#"{"kind": "a", "unique": {"by": ["kind"], "window_seconds": 0}}"#, ["/unique/window_seconds"]),
        (#"{"kind": "a", "idempotency_key": ""}"#, ["/idempotency_key"]),
        (#"{"kind": "a", "join": {"collect": true}}"#, ["/join"]),
        (
            #"{"kind": "a", "delay_seconds": 7200, "expires_at": "\#(hourAhead)"}"#, ["/expires_at"]
        ),
    ]

    private static var hourAhead: String {
        Date(timeIntervalSinceNow: 3600).formatted(.iso8601)
    }

    @Test(arguments: senseless)
    func contradictoryFieldsAreRejected(_ body: String, _ pointers: [String]) async throws {
        let server = try await TestServer()
        let answer = try await server.call("POST", "/v1/jobs", body)
        #expect(answer.status == 400)
        #expect(answer.pointers == pointers, "\(answer)")
    }
}
