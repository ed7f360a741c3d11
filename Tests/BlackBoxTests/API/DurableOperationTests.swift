import Foundation
import LonghaulHTTP
import LonghaulTestSupport
import Testing

/// What people do with durable jobs: pause, resume, restart, fork.
@Suite struct DurableOperationTests {
    private static let step =
        #"{"id": "0", "type": "step", "name": "a", "action": "start"}, {"id": "0", "type": "step", "name": "a", "action": "succeed", "output": 1}"#
    private static let wait = #"{"id": "1", "type": "signal", "name": "go", "action": "start"}"#

    @Test func pausedJobGetsNoWorkerAndRecordsItsSignals() async throws {
        let server = try await TestServer()
        let (id, _) = try await server.suspended(Self.step + "," + Self.wait, on: "1")
        let before = try await server.call("GET", "/v1/jobs/\(id)")
        let paused = try await server.call("POST", "/v1/jobs/\(id)/pause")
        #expect(paused.status == 200)
        #expect(try paused.bool("paused"))
        #expect(try await server.call("GET", "/v1/jobs/\(id)").headers["ETag"] != before.headers["ETag"])
        #expect(try await server.call("POST", "/v1/jobs/\(id)/pause").bool("paused"))
        #expect(try await server.call("POST", "/v1/jobs/\(id)/signals/go", "2").status == 202)
        #expect(try await server.call("GET", "/v1/jobs/\(id)").string("state") == "suspended")
        #expect(try await server.lease() == nil)
        let resumed = try await server.call("POST", "/v1/jobs/\(id)/resume")
        #expect(try resumed.string("state") == "pending" && resumed.bool("paused") == false)
        let lease = try #require(try await server.lease(wait: 30))
        #expect(try lease.lease.int("journal.operations.1.output") == 2)
        _ = try await server.call("POST", "/v1/leases/\(lease.token)/complete")
        #expect(try await server.call("POST", "/v1/jobs/\(id)/pause").code == "conflict")
        #expect(try await server.call("POST", "/v1/jobs/\(id)/resume").status == 200)
    }

    @Test func pauseOfAPendingJobTakesItFromTheQueue() async throws {
        let server = try await TestServer()
        let id = try await server.submit(#"{"kind": "a"}"#)
        let paused = try await server.call("POST", "/v1/jobs/\(id)/pause")
        #expect(try paused.string("state") == "suspended")
        #expect(try await server.call("GET", "/v1/queues/default").int("depth") == 0)
        #expect(try await server.lease() == nil)
        #expect(try await server.call("POST", "/v1/jobs/\(id)/resume").string("state") == "pending")
        #expect(try await server.lease(wait: 30) != nil)
    }

    @Test func restartRemovesTheLaterOperations() async throws {
        let server = try await TestServer()
        let (id, _) = try await server.suspended(Self.step + "," + Self.wait, on: "1")
        _ = try await server.call("POST", "/v1/jobs/\(id)/signals/go", "2")
        let lease = try #require(try await server.lease(wait: 30))
        let path = "/v1/jobs/\(id)/restart"
        #expect(try await server.call("POST", path, #"{"from": "1"}"#).code == "conflict")
        _ = try await server.call("POST", "/v1/leases/\(lease.token)/complete")
        #expect(try await server.call("POST", path, #"{"from": "9"}"#).status == 404)
        for body in [#"{}"#, #"{"from": ""}"#, #"{"from": 1}"#, #"{"from": "1", "x": 1}"#] {
            #expect(try await server.call("POST", path, body).pointers.count == 1, "\(body)")
        }
        let restarted = try await server.call("POST", path, #"{"from": "1"}"#)
        #expect(try restarted.string("state") == "pending" && restarted.int("operations") == 1)
        let next = try #require(try await server.lease(wait: 30))
        #expect(try next.lease.strings("journal.operations.*.id") == ["0"])
        // The signal that the removed operation had consumed is kept again.
        #expect(try await server.update(next.token, Self.wait).int("operations.0.output") == 2)
    }

    @Test func forkCopiesTheEarlierOperations() async throws {
        let server = try await TestServer()
        let (id, _) = try await server.suspended(Self.step + "," + Self.wait, on: "1")
        let copy = try await server.call("POST", "/v1/jobs/\(id)/fork", #"{"from": "1"}"#)
        #expect(copy.status == 202)
        let copyID = try copy.string("id")
        #expect(copyID != id && copy.headers["Location"] == "/v1/jobs/\(copyID)")
        #expect(try copy.string("kind") == "flow" && copy.int("payload.n") == 1)
        let lease = try #require(try await server.lease(wait: 30))
        #expect(try lease.lease.string("job.id") == copyID)
        #expect(try lease.lease.strings("journal.operations.*.id") == ["0"])
        #expect(try await server.call("GET", "/v1/jobs/\(id)").string("state") == "suspended")
        #expect(try await server.call("GET", "/v1/jobs/\(id)/journal").count("items") == 2)
        #expect(try await server.call("POST", "/v1/jobs/\(id)/fork", #"{"from": "9"}"#).status == 404)
    }

    @Test func auditLogRecordsEachOperation() async throws {
        let server = try await TestServer()
        let (id, _) = try await server.suspended(Self.step + "," + Self.wait, on: "1")
        for call in ["pause", "resume", "signals/go"] {
            _ = try await server.call("POST", "/v1/jobs/\(id)/\(call)")
        }
        for call in ["fork", "restart"] {
            _ = try await server.call("POST", "/v1/jobs/\(id)/\(call)", #"{"from": "1"}"#)
        }
        let records = try await server.call("GET", "/v1/audit")
        #expect(
            Set(try records.strings("items.*.action"))
                == ["job.pause", "job.resume", "job.signal", "job.fork", "job.restart"])
        #expect(Set(try records.strings("items.*.subjects.*")) == [id])
    }

    @Test func limitedKeySeesAndChangesOnlyItsJobs() async throws {
        let server = try await TestServer()
        let (id, _) = try await server.suspended(Self.step + "," + Self.wait, on: "1")
        let admin = try await server.key("boss", "admin")
        let other = try await server.key("other", "jobs:read,jobs:write,work", queues: ["mail"], by: admin)
        for (method, call, body) in [
            ("GET", "journal", nil), ("POST", "signals/go", "1"), ("POST", "pause", nil),
            ("POST", "resume", nil),
            ("POST", "restart", #"{"from": "1"}"#), ("POST", "fork", #"{"from": "1"}"#),
        ] {
            let answer = try await server.call(method, "/v1/jobs/\(id)/\(call)", body, key: other)
            #expect(answer.status == 404, "\(call): \(answer)")
        }
        #expect(try await server.call("GET", "/v1/jobs/\(id)", key: admin).string("state") == "suspended")
    }

    @Test func childJobsNeedTheRightsOfTheCaller() async throws {
        let server = try await TestServer()
        _ = try await server.submit(#"{"kind": "flow", "queue": "mail"}"#)
        let admin = try await server.key("boss", "admin")
        let worker = try await server.key("worker", "work", queues: ["mail"], by: admin)
        let leased = try await server.call(
            "POST", "/v1/leases", #"{"worker": {"id": "w"}, "queues": ["mail"]}"#, key: worker)
        let token = try leased.string("leases.0.token")
        let answer = try await server.call(
            "POST", "/v1/leases/\(token)/journal",
            #"{"updates": [{"id": "c", "type": "job", "name": "c", "action": "start", "options": {"job": {"kind": "x", "queue": "other"}}}]}"#,
            key: worker)
        #expect(answer.status == 403 && answer.code == "forbidden", "\(answer)")
    }
}
