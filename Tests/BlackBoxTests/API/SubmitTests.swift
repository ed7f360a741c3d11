import Foundation
import LonghaulHTTP
import Testing

/// `POST /v1/jobs` and `POST /v1/jobs/batch`, as a client in any language sees them.
@Suite struct SubmitTests {
    @Test func acceptedJobHasALocation() async throws {
        let server = try await TestServer()
        let answer = try await server.call("POST", "/v1/jobs", #"{"kind": "demo.echo", "payload": {"n": 1}}"#)
        #expect(answer.status == 202)
        let id = try answer.string("id")
        #expect(answer.headers["Location"] == "/v1/jobs/\(id)")
        #expect(answer.headers["Retry-After"].flatMap { Int($0) } ?? 0 >= 1)
        #expect(answer.headers["Content-Type"] == "application/json")
        #expect(try answer.string("state") == "pending")
        #expect(try answer.string("queue") == "default")
        #expect(try answer.int("priority") == 5)
        #expect(try answer.int("max_attempts") == 4)
        #expect(try answer.int("attempt") == 0)
        #expect(try answer.string("caller") == "anonymous")
        #expect(try await server.call("GET", "/v1/jobs/\(id)").string("kind") == "demo.echo")
    }

    @Test func payloadIsStoredUnchanged() async throws {
        let server = try await TestServer()
        let payload = #"{"z":1,"a":[1.0,1e2,123456789012345678901234567890],"s":"\u00e9\/é"}"#
        let id = try await server.submit(#"{"kind": "demo.echo", "payload": \#(payload)}"#)
        let answer = try await server.call("GET", "/v1/jobs/\(id)")
        #expect(String(decoding: answer.body, as: UTF8.self).contains(#""payload":\#(payload)"#))
    }

    @Test func requestIDIsEchoedOrCreated() async throws {
        let server = try await TestServer()
        let echoed = try await server.call("GET", "/healthz", headers: ["X-Request-Id": "abc-1"])
        #expect(echoed.headers["X-Request-Id"] == "abc-1")
        let made = try await server.call("GET", "/healthz")
        #expect(made.headers["X-Request-Id"]?.isEmpty == false)
    }

    @Test func storesTheTraceContext() async throws {
        let server = try await TestServer()
        let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        let answer = try await server.call(
            "POST", "/v1/jobs", #"{"kind": "a"}"#, headers: ["traceparent": trace])
        #expect(try answer.string("traceparent") == trace)
        let lease = try #require(try await server.lease())
        #expect(try lease.lease.string("job.traceparent") == trace)
    }

    @Test func schedulesForLater() async throws {
        let server = try await TestServer()
        let delayed = try await server.call("POST", "/v1/jobs", #"{"kind": "a", "delay_seconds": 3600}"#)
        #expect(try delayed.string("state") == "scheduled")
        let dated = try await server.call(
            "POST", "/v1/jobs", #"{"kind": "a", "run_at": "2999-01-01T00:00:00.000Z"}"#)
        #expect(try dated.string("state") == "scheduled")
        #expect(try dated.string("run_at") == "2999-01-01T00:00:00.000Z")
    }

    @Test func delayedJobRunsWhenItIsDue() async throws {
        let server = try await TestServer()
        let id = try await server.submit(#"{"kind": "a", "delay_seconds": 0.2}"#)
        let lease = try #require(try await server.lease(wait: 20))
        #expect(try lease.lease.string("job.id") == id)
    }

    // MARK: Keys

    @Test func answersARepeatedKeyWithTheSameJob() async throws {
        let server = try await TestServer()
        let body = #"{"kind": "a", "payload": {"x": 1, "y": 2}}"#
        let first = try await server.call("POST", "/v1/jobs", body, headers: ["Idempotency-Key": "k1"])
        #expect(first.status == 202)
        // The same request in another spelling, with the key in the body.
        let again = try await server.call(
            "POST", "/v1/jobs", #"{"payload": {"y": 2.0, "x": 1}, "kind": "a", "idempotency_key": "k1"}"#)
        #expect(again.status == 200)
        #expect(again.headers["Idempotent-Replayed"] == "true")
        #expect(try again.string("id") == first.string("id"))
    }

    @Test func keyOfAnotherRequestIsRejected() async throws {
        let server = try await TestServer()
        _ = try await server.call("POST", "/v1/jobs", #"{"kind": "a", "idempotency_key": "k"}"#)
        let other = try await server.call("POST", "/v1/jobs", #"{"kind": "b", "idempotency_key": "k"}"#)
        #expect(other.status == 422)
        #expect(other.code == "idempotency_key_reused")
    }

    @Test func rejectsTwoDifferentKeys() async throws {
        let server = try await TestServer()
        let answer = try await server.call(
            "POST", "/v1/jobs", #"{"kind": "a", "idempotency_key": "k1"}"#, headers: ["Idempotency-Key": "k2"]
        )
        #expect(answer.status == 400)
        #expect(answer.pointers == ["/idempotency_key"])
    }

    @Test func uniqueRuleComparesValuesAndWindow() async throws {
        let server = try await TestServer()
        func submit(_ payload: String, _ unique: String) async throws -> Answer {
            try await server.call(
                "POST", "/v1/jobs",
                #"{"kind": "a", "actor": "u1", "payload": \#(payload), "unique": \#(unique)}"#)
        }
        let byPayload = #"{"by": ["kind", "payload"]}"#
        let first = try await submit(#"{"a": 1, "b": [true]}"#, byPayload)
        #expect(first.status == 202)
        #expect(try await submit(#"{"b":[true],"a":1.0}"#, byPayload).status == 200)
        #expect(try await submit(#"{"b":[false],"a":1}"#, byPayload).status == 202)
        let byActor = #"{"by": ["actor", "kind"], "window_seconds": 86400}"#
        #expect(try await submit("1", byActor).status == 202)
        #expect(try await submit("2", byActor).status == 200)
    }

    @Test func uniqueWhileActiveEndsWithTheJob() async throws {
        let server = try await TestServer()
        let body = #"{"kind": "a", "unique": {"by": ["kind"], "while": "active"}}"#
        let first = try await server.call("POST", "/v1/jobs", body)
        #expect(first.status == 202)
        #expect(try await server.call("POST", "/v1/jobs", body).status == 200)
        let lease = try #require(try await server.lease())
        #expect(try await server.call("POST", "/v1/leases/\(lease.token)/complete", "{}").status == 200)
        let next = try await server.call("POST", "/v1/jobs", body)
        #expect(next.status == 202)
        #expect(try next.string("id") != first.string("id"))
    }

    // MARK: Waiting

    @Test func answersWithTheEndedJobIfItEndsInTime() async throws {
        let server = try await TestServer()
        async let submitted = server.call(
            "POST", "/v1/jobs", #"{"kind": "a"}"#, headers: ["Prefer": "wait=30"])
        let lease = try #require(try await server.lease(wait: 20))
        let done = try await server.call(
            "POST", "/v1/leases/\(lease.token)/complete", #"{"result": {"ok": true}}"#)
        #expect(done.status == 200)
        let answer = try await submitted
        #expect(answer.status == 200)
        #expect(try answer.string("state") == "completed")
    }

    @Test func answers202IfItDoesNotEndInTime() async throws {
        let server = try await TestServer()
        let answer = try await server.call("POST", "/v1/jobs?wait_seconds=0.1", #"{"kind": "a"}"#)
        #expect(answer.status == 202)
    }

    // MARK: Batches

    @Test func storesABatchInOrder() async throws {
        let server = try await TestServer()
        let answer = try await server.call(
            "POST", "/v1/jobs/batch",
            ##"{"jobs": [{"kind": "c", "depends_on": ["#a", "#b"]}, {"kind": "a", "ref": "a"}, {"kind": "b", "ref": "b"}]}"##
        )
        #expect(answer.status == 202)
        #expect(try answer.ints("jobs.*.status") == [202, 202, 202])
        #expect(try answer.strings("jobs.*.job.state") == ["blocked", "pending", "pending"])
        #expect(try answer.strings("jobs.*.job.kind") == ["c", "a", "b"])
    }

    @Test func rejectsTheBatchForOneInvalidEntry() async throws {
        let server = try await TestServer()
        let answer = try await server.call(
            "POST", "/v1/jobs/batch",
            #"{"jobs": [{"kind": "a"}, {"kind": "b"}, {"kind": "c"}, {"kind": ""}]}"#)
        #expect(answer.status == 400)
        #expect(answer.pointers == ["/jobs/3/kind"])
        #expect(try await server.call("GET", "/v1/jobs").count("items") == 0)
    }

    @Test func rejectsEmptyAndTooLargeBatches() async throws {
        let server = try await TestServer()
        #expect(try await server.call("POST", "/v1/jobs/batch", #"{"jobs": []}"#).status == 400)
        let many = Array(repeating: #"{"kind": "a"}"#, count: 1001).joined(separator: ",")
        #expect(try await server.call("POST", "/v1/jobs/batch", #"{"jobs": [\#(many)]}"#).status == 400)
        let most = Array(repeating: #"{"kind": "a"}"#, count: 1000).joined(separator: ",")
        #expect(try await server.call("POST", "/v1/jobs/batch", #"{"jobs": [\#(most)]}"#).status == 202)
    }

    @Test func missingReferencesAndCyclesAreRejected() async throws {
        let server = try await TestServer()
        let dangling = try await server.call(
            "POST", "/v1/jobs/batch", ##"{"jobs": [{"kind": "a", "depends_on": ["#x"]}]}"##)
        #expect(dangling.pointers == ["/jobs/0/depends_on/0"])
        let circle = try await server.call(
            "POST", "/v1/jobs/batch",
            ##"{"jobs": [{"kind": "a", "ref": "a", "depends_on": ["#b"]}, {"kind": "b", "ref": "b", "depends_on": ["#a"]}]}"##
        )
        #expect(circle.status == 400)
        #expect(circle.pointers == ["/jobs/0/depends_on", "/jobs/1/depends_on"])
    }

    // MARK: Backpressure

    @Test func answersBusyWhenTheQueueIsFullAndStoresNothing() async throws {
        let server = try await TestServer()
        #expect(try await server.call("PUT", "/v1/queues/small", #"{"max_depth": 2}"#).status == 200)
        let body = #"{"kind": "a", "queue": "small"}"#
        #expect(try await server.call("POST", "/v1/jobs", body).status == 202)
        #expect(try await server.call("POST", "/v1/jobs", body).status == 202)
        let busy = try await server.call("POST", "/v1/jobs", body)
        #expect(busy.status == 503)
        #expect(busy.code == "system_busy")
        #expect(busy.headers["Retry-After"].flatMap { Int($0) } ?? 0 >= 1)
        let batch = try await server.call(
            "POST", "/v1/jobs/batch", #"{"jobs": [{"kind": "a"}, {"kind": "a", "queue": "small"}]}"#)
        #expect(batch.status == 503)
        #expect(try await server.call("GET", "/v1/jobs").count("items") == 2)
        #expect(try await server.call("GET", "/v1/queues/small").int("depth") == 2)
    }
}
