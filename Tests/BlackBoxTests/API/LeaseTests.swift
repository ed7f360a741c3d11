import Foundation
import LonghaulHTTP
import LonghaulTestSupport
import Testing

/// The calls of workers, over plain HTTP.
@Suite struct LeaseTests {
    @Test func leasesByQueueAndKind() async throws {
        let server = try await TestServer()
        _ = try await server.submit(#"{"kind": "b"}"#)
        let id = try await server.submit(#"{"kind": "a", "payload": [1]}"#)
        let answer = try await server.call(
            "POST", "/v1/leases",
            #"{"worker": {"id": "w1", "name": "one", "labels": {"gpu": "1"}}, "queues": ["default"], "kinds": ["a"], "max_jobs": 10, "lease_seconds": 30}"#
        )
        #expect(answer.status == 200)
        #expect(try answer.strings("leases.*.job.id") == [id])
        #expect(try answer.string("leases.0.job.state") == "processing")
        #expect(try answer.int("leases.0.attempt") == 1)
        #expect(try answer.double("leases.0.heartbeat_seconds") == 10)
        let workers = try await server.call("GET", "/v1/workers")
        let worker = try workers.value("items.0")
        #expect(try worker.string("id") == "w1")
        #expect(try worker.string("name") == "one")
        #expect(try worker.string("state") == "healthy")
        #expect(try worker.strings("running") == [id])
    }

    @Test func leaseReturnsAnEmptyListAfterTheWait() async throws {
        let server = try await TestServer()
        let answer = try await server.call(
            "POST", "/v1/leases", #"{"worker": {"id": "w"}, "queues": ["default"], "wait_seconds": 0.2}"#)
        #expect(answer.status == 200)
        #expect(try answer.count("leases") == 0)
    }

    @Test func waitingWorkerIsWoken() async throws {
        let server = try await TestServer()
        async let lease = server.lease(wait: 30)
        let id = try await server.submit(#"{"kind": "a"}"#)
        #expect(try await lease?.lease.string("job.id") == id)
    }

    @Test func rejectsInvalidRequests() async throws {
        let server = try await TestServer()
        let invalid: [(String, [String])] = [
            (#"{}"#, ["/worker"]), (#"{"worker": {}}"#, ["/worker/id"]),
            (#"{"worker": {"id": "w"}, "queues": []}"#, ["/queues"]),
            (#"{"worker": {"id": "w"}, "queues": ["a b"]}"#, ["/queues/0"]),
            (#"{"worker": {"id": "w"}, "max_jobs": 0}"#, ["/max_jobs"]),
            (#"{"worker": {"id": "w"}, "lease_seconds": 0}"#, ["/lease_seconds"]),
            (#"{"worker": {"id": "w"}, "wait_seconds": 61}"#, ["/wait_seconds"]),
        ]
        for (body, pointers) in invalid {
            let answer = try await server.call("POST", "/v1/leases", body)
            #expect(answer.status == 400 && answer.pointers == pointers, "\(body): \(answer)")
        }
    }

    @Test func repeatedCompletionGetsTheSameAnswer() async throws {
        let server = try await TestServer()
        let id = try await server.submit(#"{"kind": "a"}"#)
        let lease = try #require(try await server.lease())
        let path = "/v1/leases/\(lease.token)/complete"
        let first = try await server.call(
            "POST", path, #"{"result": {"n": 1}, "next": [{"kind": "b", "queue": "after"}]}"#)
        #expect(first.status == 200)
        #expect(try first.string("state") == "completed")
        let second = try await server.call(
            "POST", path, #"{"result": {"n": 1}, "next": [{"kind": "b", "queue": "after"}]}"#)
        #expect(second.status == 200)
        #expect(try second.string("id") == id)
        // The next jobs are stored with the completion, and not before.
        let next = try await server.call("GET", "/v1/jobs?queue=after")
        #expect(try next.strings("items.*.parent_id") == [id])
        let other = try await server.call("POST", path, #"{"result": {"n": 2}}"#)
        #expect(other.status == 409)
        #expect(other.code == "lease_lost")
    }

    @Test func retriesWithBackoffAndThenDeadLetters() async throws {
        let server = try await TestServer()
        let id = try await server.submit(
            #"{"kind": "a", "max_attempts": 2, "backoff": {"type": "fixed", "initial_seconds": 0.05}}"#)
        let error = #"{"error": {"type": "boom", "message": "it broke", "details": {"at": 3}}}"#
        let first = try #require(try await server.lease())
        let retrying = try await server.call("POST", "/v1/leases/\(first.token)/fail", error)
        #expect(try retrying.string("state") == "retrying")
        let second = try #require(try await server.lease(wait: 20))
        #expect(try second.lease.int("attempt") == 2)
        let failed = try await server.call("POST", "/v1/leases/\(second.token)/fail", error)
        #expect(try failed.string("state") == "failed")
        let job = try await server.call("GET", "/v1/jobs/\(id)")
        #expect(try job.string("error.type") == "boom")
        #expect(try job.count("attempts") == 2)
        let retried = try await server.call("POST", "/v1/jobs/\(id)/retry")
        #expect(try retried.string("state") == "pending")
        #expect(try retried.int("attempt") == 0)
    }

    @Test func failsWithoutRetryWhenNotRetryable() async throws {
        let server = try await TestServer()
        _ = try await server.submit(#"{"kind": "a"}"#)
        let lease = try #require(try await server.lease())
        let failed = try await server.call(
            "POST", "/v1/leases/\(lease.token)/fail",
            #"{"error": {"type": "bad", "message": "never"}, "retryable": false}"#)
        #expect(try failed.string("state") == "failed")
    }

    @Test func retryableInTheErrorIsRefused() async throws {
        let server = try await TestServer()
        _ = try await server.submit(#"{"kind": "a"}"#)
        let lease = try #require(try await server.lease())
        let refused = try await server.call(
            "POST", "/v1/leases/\(lease.token)/fail",
            #"{"error": {"type": "bad", "message": "never", "retryable": false}}"#)
        #expect(refused.status == 400 && refused.pointers == ["/error/retryable"], "\(refused)")
    }

    @Test func releasesWithoutCountingTheAttempt() async throws {
        let server = try await TestServer()
        _ = try await server.submit(#"{"kind": "a"}"#)
        let first = try #require(try await server.lease())
        let released = try await server.call("POST", "/v1/leases/\(first.token)/release")
        #expect(try released.string("state") == "pending")
        let second = try #require(try await server.lease())
        #expect(try second.lease.int("attempt") == 1)
        #expect(second.token != first.token)
        try await expectLost(first.token, server)
    }

    @Test func expiredLeaseIsLost() async throws {
        let server = try await TestServer()
        let id = try await server.submit(
            #"{"kind": "a", "backoff": {"type": "fixed", "initial_seconds": 0, "jitter": 0}}"#)
        let first = try #require(try await server.lease(seconds: 1, worker: "dead"))
        let second = try #require(try await server.lease(wait: 30, worker: "alive"))
        #expect(try second.lease.int("attempt") == 2)
        try await expectLost(first.token, server)
        let job = try await server.call("GET", "/v1/jobs/\(id)")
        #expect(try job.string("attempts.0.error.type") == "lease_expired")
        #expect(try await server.call("POST", "/v1/leases/\(second.token)/complete", "{}").status == 200)
    }

    @Test func heartbeatReportsACancelledJob() async throws {
        let server = try await TestServer()
        let id = try await server.submit(#"{"kind": "a"}"#)
        let lease = try #require(try await server.lease())
        #expect(try await server.call("POST", "/v1/jobs/\(id)/cancel").string("state") == "cancelled")
        let beat = try await heartbeat(lease.token, server)
        #expect(try beat.strings("cancel") == [lease.token])
        #expect(try beat.count("renewed") == 0)
        try await expectLost(lease.token, server)
    }

    @Test func renewsByHeartbeatAndShowsProgress() async throws {
        let server = try await TestServer()
        let id = try await server.submit(#"{"kind": "a"}"#)
        let lease = try #require(try await server.lease())
        let beat = try await heartbeat(
            lease.token, server, #", "progress": {"percent": 40, "message": "page 4"}"#)
        #expect(try beat.string("renewed.0.token") == lease.token)
        let job = try await server.call("GET", "/v1/jobs/\(id)")
        #expect(try job.double("progress.percent") == 40)
        #expect(try job.string("progress.message") == "page 4")
        let unknown = String(repeating: "0", count: 64)
        #expect(try await heartbeat(unknown, server).strings("lost") == [unknown])
    }

    @Test func completesManyAndAnswersEach() async throws {
        let server = try await TestServer()
        _ = try await server.submit(#"{"kind": "a"}"#)
        let lease = try #require(try await server.lease())
        let answer = try await server.call(
            "POST", "/v1/leases/complete",
            #"{"completions": [{"token": "\#(lease.token)", "result": 1}, {"token": "nonsense", "result": 1}]}"#
        )
        #expect(answer.status == 200)
        #expect(try answer.ints("completions.*.status") == [200, 409])
        #expect(answer.has("completions.0.job") && answer.has("completions.1.problem"))
        let short = try await server.call(
            "POST", "/v1/leases/complete?fields=status",
            #"{"completions": [{"token": "\#(lease.token)", "result": 1}, {"token": "nonsense", "result": 1}]}"#
        )
        #expect(try short.ints("completions.*.status") == [200, 409])
        #expect(!short.has("completions.0.job") && short.has("completions.1.problem"))
    }

    @Test func logLinesAreStored() async throws {
        let server = try await TestServer()
        let id = try await server.submit(#"{"kind": "a"}"#)
        let lease = try #require(try await server.lease())
        let lines = (1...3).map {
            #"{"at": "2026-11-24T09:15:00.000Z", "level": "info", "message": "line \#($0)"}"#
        }
        let kept = try await server.call(
            "POST", "/v1/leases/\(lease.token)/logs", #"{"lines": [\#(lines.joined(separator: ","))]}"#)
        #expect(kept.status == 204)
        let page = try await server.call("GET", "/v1/jobs/\(id)/logs?limit=2")
        #expect(try page.strings("items.*.message") == ["line 1", "line 2"])
        let next = try page.string("next_cursor")
        let rest = try await server.call("GET", "/v1/jobs/\(id)/logs?cursor=\(next)")
        #expect(try rest.string("items.0.message") == "line 3")
        async let followed = server.call("GET", "/v1/jobs/\(id)/logs?follow=true")
        _ = try await server.call("POST", "/v1/leases/\(lease.token)/complete", "{}")
        let text = String(decoding: try await followed.body, as: UTF8.self)
        #expect(text.contains("line 1") && text.contains("line 3"))
    }

    @Test func writesCheckpointsOnce() async throws {
        let server = try await TestServer()
        _ = try await server.submit(
            #"{"kind": "a", "backoff": {"type": "fixed", "initial_seconds": 0}}"#)
        let first = try #require(try await server.lease())
        let path = "/v1/leases/\(first.token)/steps/download"
        #expect(try await server.call("GET", path).status == 404)
        #expect(try await server.call("PUT", path, #"{"output": {"n": 1}}"#).status == 200)
        let again = try await server.call("PUT", path, #"{"output": {"n": 2}}"#)
        #expect(try again.int("output.n") == 1)
        _ = try await server.call(
            "POST", "/v1/leases/\(first.token)/fail", #"{"error": {"type": "x", "message": "y"}}"#)
        let second = try #require(try await server.lease(wait: 20))
        let kept = try await server.call("GET", "/v1/leases/\(second.token)/steps/download")
        #expect(try kept.int("output.n") == 1)
    }

    private func heartbeat(
        _ token: String, _ server: TestServer, _ more: String = ""
    ) async throws -> Answer {
        try await server.call(
            "POST", "/v1/leases/heartbeat",
            #"{"worker": {"id": "w1"}, "leases": [{"token": "\#(token)"\#(more)}]}"#)
    }

    /// Every call with the token answers 409 `lease_lost`.
    private func expectLost(_ token: String, _ server: TestServer) async throws {
        let error = #"{"error": {"type": "x", "message": "y"}}"#
        let line = #"{"lines": [{"at": "2026-11-24T09:15:00.000Z", "message": "x"}]}"#
        let calls: [(String, String, String?)] = [
            ("POST", "complete", "{}"), ("POST", "fail", error), ("POST", "release", nil),
            ("POST", "logs", line), ("PUT", "steps/s", #"{"output": 1}"#), ("GET", "steps/s", nil),
            ("PUT", "artifacts/a.txt", "{}"),
        ]
        for (method, call, body) in calls {
            let answer = try await server.call(method, "/v1/leases/\(token)/\(call)", body)
            #expect(answer.status == 409 && answer.code == "lease_lost", "\(call): \(answer)")
        }
    }
}
