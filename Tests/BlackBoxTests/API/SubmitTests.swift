import Foundation
import LonghaulHTTP
import Testing

/// `POST /v1/jobs` and `POST /v1/jobs/batch`, as a client in any language sees them.
@Suite struct SubmitTests {
    @Test func acceptsAJobAndTellsWhereItIs() async throws {
        let server = try await TestServer()
        let answer = try await server.call("POST", "/v1/jobs", #"{"kind": "demo.echo", "payload": {"n": 1}}"#)
        #expect(answer.status == 202)
        let id = try #require(answer["id"] as? String)
        #expect(answer.headers["Location"] == "/v1/jobs/\(id)")
        #expect(answer.headers["Retry-After"].flatMap { Int($0) } ?? 0 >= 1)
        #expect(answer.headers["Content-Type"] == "application/json")
        #expect(answer["state"] as? String == "pending")
        #expect(answer["queue"] as? String == "default")
        #expect(answer["priority"] as? Int == 5)
        #expect(answer["max_attempts"] as? Int == 4)
        #expect(answer["attempt"] as? Int == 0)
        #expect(answer["caller"] as? String == "anonymous")
        #expect(try await server.call("GET", "/v1/jobs/\(id)")["kind"] as? String == "demo.echo")
    }

    @Test func keepsThePayloadAsItWasSent() async throws {
        let server = try await TestServer()
        let payload = #"{"z":1,"a":[1.0,1e2,123456789012345678901234567890],"s":"\u00e9\/é"}"#
        let id = try await server.submit(#"{"kind": "demo.echo", "payload": \#(payload)}"#)
        let answer = try await server.call("GET", "/v1/jobs/\(id)")
        #expect(String(decoding: answer.body, as: UTF8.self).contains(#""payload":\#(payload)"#))
    }

    @Test func echoesOrMakesARequestID() async throws {
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
        #expect(answer["traceparent"] as? String == trace)
        let lease = try #require(try await server.lease())
        #expect((lease.lease["job"] as? [String: Any])?["traceparent"] as? String == trace)
    }

    @Test func schedulesForLater() async throws {
        let server = try await TestServer()
        let delayed = try await server.call("POST", "/v1/jobs", #"{"kind": "a", "delay_seconds": 3600}"#)
        #expect(delayed["state"] as? String == "scheduled")
        let dated = try await server.call(
            "POST", "/v1/jobs", #"{"kind": "a", "run_at": "2999-01-01T00:00:00.000Z"}"#)
        #expect(dated["state"] as? String == "scheduled")
        #expect(dated["run_at"] as? String == "2999-01-01T00:00:00.000Z")
    }

    @Test func runsWhatIsDueAfterItsDelay() async throws {
        let server = try await TestServer()
        let id = try await server.submit(#"{"kind": "a", "delay_seconds": 0.2}"#)
        let lease = try #require(try await server.lease(wait: 20))
        #expect((lease.lease["job"] as? [String: Any])?["id"] as? String == id)
    }

    // MARK: Keys

    @Test func answersARepeatedKeyWithTheSameJob() async throws {
        let server = try await TestServer()
        let body = #"{"kind": "a", "payload": {"x": 1, "y": 2}}"#
        let first = try await server.call("POST", "/v1/jobs", body, headers: ["Idempotency-Key": "k1"])
        #expect(first.status == 202)
        // The same request, spelled differently, and with the key in the body.
        let again = try await server.call(
            "POST", "/v1/jobs", #"{"payload": {"y": 2.0, "x": 1}, "kind": "a", "idempotency_key": "k1"}"#)
        #expect(again.status == 200)
        #expect(again.headers["Idempotent-Replayed"] == "true")
        #expect(again["id"] as? String == first["id"] as? String)
    }

    @Test func refusesAKeyThatStandsForAnotherRequest() async throws {
        let server = try await TestServer()
        _ = try await server.call("POST", "/v1/jobs", #"{"kind": "a", "idempotency_key": "k"}"#)
        let other = try await server.call("POST", "/v1/jobs", #"{"kind": "b", "idempotency_key": "k"}"#)
        #expect(other.status == 422)
        #expect(other.code == "idempotency_key_reused")
    }

    @Test func refusesTwoDifferentKeys() async throws {
        let server = try await TestServer()
        let answer = try await server.call(
            "POST", "/v1/jobs", #"{"kind": "a", "idempotency_key": "k1"}"#, headers: ["Idempotency-Key": "k2"]
        )
        #expect(answer.status == 400)
        #expect(answer.pointers == ["/idempotency_key"])
    }

    @Test func makesUniqueKeysByValueAndWindow() async throws {
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
        #expect(next["id"] as? String != first["id"] as? String)
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
        #expect(answer["state"] as? String == "completed")
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
        let jobs = try #require(answer["jobs"] as? [[String: Any]])
        #expect(jobs.map { $0["status"] as? Int } == [202, 202, 202])
        let states = jobs.map { ($0["job"] as? [String: Any])?["state"] as? String }
        #expect(states == ["blocked", "pending", "pending"])
        let kinds = jobs.map { ($0["job"] as? [String: Any])?["kind"] as? String }
        #expect(kinds == ["c", "a", "b"])
    }

    @Test func refusesAWholeBatchForOneFault() async throws {
        let server = try await TestServer()
        let answer = try await server.call(
            "POST", "/v1/jobs/batch",
            #"{"jobs": [{"kind": "a"}, {"kind": "b"}, {"kind": "c"}, {"kind": ""}]}"#)
        #expect(answer.status == 400)
        #expect(answer.pointers == ["/jobs/3/kind"])
        #expect((try await server.call("GET", "/v1/jobs")["items"] as? [Any])?.isEmpty == true)
    }

    @Test func refusesBatchesOfNoneAndOfTooMany() async throws {
        let server = try await TestServer()
        #expect(try await server.call("POST", "/v1/jobs/batch", #"{"jobs": []}"#).status == 400)
        let many = Array(repeating: #"{"kind": "a"}"#, count: 1001).joined(separator: ",")
        #expect(try await server.call("POST", "/v1/jobs/batch", #"{"jobs": [\#(many)]}"#).status == 400)
        let most = Array(repeating: #"{"kind": "a"}"#, count: 1000).joined(separator: ",")
        #expect(try await server.call("POST", "/v1/jobs/batch", #"{"jobs": [\#(most)]}"#).status == 202)
    }

    @Test func refusesReferencesToNothingAndCircles() async throws {
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
        #expect((try await server.call("GET", "/v1/jobs")["items"] as? [Any])?.count == 2)
        #expect(try await server.call("GET", "/v1/queues/small")["depth"] as? Int == 2)
    }
}
