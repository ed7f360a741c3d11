import Foundation
import LonghaulTestSupport
import Testing

/// The journals of durable jobs, as a worker reads and writes them.
@Suite struct JournalTests {
    private static let timer =
        #"{"id": "t", "type": "timer", "name": "pause", "action": "start", "options": {"seconds": 600}}"#

    @Test func stepIsRecordedOnceAndReplayedToTheNextWorker() async throws {
        let server = try await TestServer()
        let id = try await server.submit(#"{"kind": "flow"}"#)
        let first = try #require(try await server.lease())
        #expect(try first.lease.value("journal") == ["operations": [], "next_cursor": nil])
        let start = #"{"id": "0", "type": "step", "name": "create", "action": "start", "input": {"a": 1}}"#
        let started = try await server.update(first.token, start)
        #expect(started.status == 200)
        #expect(try started.string("operations.0.status") == "started")
        let end = #"{"id": "0", "type": "step", "name": "create", "action": "succeed", "output": 7}"#
        #expect(try await server.update(first.token, end).int("operations.0.output") == 7)
        // An ended operation never changes.
        let other = #"{"id": "0", "type": "step", "name": "create", "action": "succeed", "output": 8}"#
        #expect(try await server.update(first.token, other).int("operations.0.output") == 7)
        #expect(try await server.update(first.token, start).string("operations.0.status") == "succeeded")
        #expect(try await server.call("POST", "/v1/leases/\(first.token)/release").status == 200)

        let second = try #require(try await server.lease())
        let operation = try second.lease.value("journal.operations.0")
        #expect(try operation.int("output") == 7 && operation.int("input.a") == 1)
        #expect(try operation.int("number") == 1 && operation.has("ended_at"))
        let lost = try await server.update(first.token, start)
        #expect(lost.status == 409 && lost.code == "lease_lost")
        #expect(try await server.call("GET", "/v1/leases/\(first.token)/journal").code == "lease_lost")
        #expect(try await server.suspend(first.token, on: "0").code == "lease_lost")
        let job = try await server.call("GET", "/v1/jobs/\(id)")
        #expect(try job.int("operations") == 1 && job.bool("paused") == false)
        #expect(try await server.call("GET", "/v1/jobs/\(id)/journal").count("items") == 1)
    }

    @Test func ordinaryJobsHaveNoFieldsOfDurableOnes() async throws {
        let server = try await TestServer()
        let id = try await server.submit(#"{"kind": "a"}"#)
        let fields = try await server.call("GET", "/v1/jobs/\(id)").object("")
        #expect(
            fields.keys.filter { ["paused", "operations", "waits_for", "cancelling"].contains($0) } == [])
        #expect(
            try await server.call("GET", "/v1/jobs/\(id)/journal").json == ["items": [], "next_cursor": nil])
    }

    @Test func timerWakesASuspendedJob() async throws {
        let server = try await TestServer()
        let id = try await server.submit(#"{"kind": "flow"}"#)
        let first = try #require(try await server.lease(wait: 30))
        _ = try await server.update(
            first.token,
            #"{"id": "t", "type": "timer", "name": "pause", "action": "start", "options": {"seconds": 3}}"#)
        let job = try await server.suspend(first.token, on: "t")
        #expect(try job.string("waits_for.0.id") == "t" && job.string("waits_for.0.type") == "timer")
        #expect(job.has("waits_for.0.until"))
        let lease = try #require(try await server.lease(wait: 30))
        #expect(try lease.lease.string("job.id") == id)
        #expect(try lease.lease.string("journal.operations.0.status") == "succeeded")
        // A suspension is not an attempt.
        #expect(try lease.lease.int("attempt") == 1)
    }

    @Test func suspensionAnswersWhatHasEnded() async throws {
        let server = try await TestServer()
        let id = try await server.submit(#"{"kind": "flow"}"#)
        let lease = try #require(try await server.lease())
        _ = try await server.call("POST", "/v1/jobs/\(id)/signals/go", "1")
        let started = try await server.update(
            lease.token, Self.timer,
            #"{"id": "s", "type": "signal", "name": "go", "action": "start"}"#,
            #"{"id": "m", "type": "marker", "name": "now", "action": "start", "output": 5}"#)
        #expect(try started.strings("operations.*.status") == ["waiting", "succeeded", "succeeded"])
        #expect(try started.int("operations.1.output") == 1)
        #expect(try await server.suspend(lease.token, on: "t", "s").json == ["ready": ["s"]])
        for id in ["m", "none"] {
            let refused = try await server.suspend(lease.token, on: "t", id)
            #expect(refused.status == 400 && refused.pointers == ["/on/1"], "\(refused)")
        }
        #expect(try await server.suspend(lease.token, on: "t").string("state") == "suspended")
        #expect(try await server.update(lease.token, Self.timer).code == "lease_lost")
    }

    @Test func childJobResolvesItsOperation() async throws {
        let server = try await TestServer()
        let child = #"""
            {"id": "c", "type": "job", "name": "resize", "action": "start",
             "options": {"job": {"kind": "resize", "queue": "images", "payload": 3, "max_attempts": 1}}}
            """#
        let (id, operations) = try await server.suspended(child, on: "c")
        let jobID = try operations.string("0.job_id")
        #expect(try await server.call("GET", "/v1/jobs/\(id)").strings("children") == [jobID])
        let work = try #require(try await server.lease(queue: "images"))
        #expect(try work.lease.string("job.id") == jobID && work.lease.string("job.parent_id") == id)
        _ = try await server.call("POST", "/v1/leases/\(work.token)/complete", #"{"result": {"w": 9}}"#)
        let lease = try #require(try await server.lease(wait: 30))
        #expect(try lease.lease.int("journal.operations.0.output.w") == 9)
        // Replaying finds the child that exists.
        let again = try await server.update(lease.token, child)
        #expect(try again.string("operations.0.job_id") == jobID)
        #expect(try await server.call("GET", "/v1/jobs?kind=resize").count("items") == 1)
        let failing = child.replacingOccurrences(of: #""c""#, with: #""d""#)
        #expect(try await server.update(lease.token, failing).status == 200)
        #expect(try await server.suspend(lease.token, on: "d").string("state") == "suspended")
        let bad = try #require(try await server.lease(queue: "images"))
        _ = try await server.call(
            "POST", "/v1/leases/\(bad.token)/fail", #"{"error": {"type": "boom", "message": "it broke"}}"#)
        let last = try #require(try await server.lease(wait: 30))
        #expect(try last.lease.string("journal.operations.1.status") == "failed")
        #expect(try last.lease.string("journal.operations.1.error.type") == "boom")
    }

    @Test func stepIsTriedAgainAfterItsDelay() async throws {
        let server = try await TestServer()
        _ = try await server.submit(#"{"kind": "flow"}"#)
        let lease = try #require(try await server.lease())
        let answer = try await server.update(
            lease.token, #"{"id": "0", "type": "step", "name": "pay", "action": "start"}"#,
            #"{"id": "0", "type": "step", "name": "pay", "action": "retry", "error": {"type": "down", "message": "no"}, "options": {"delay_seconds": 3}}"#
        )
        #expect(try answer.string("operations.1.status") == "waiting")
        #expect(try answer.int("operations.1.attempt") == 2)
        #expect(try answer.string("operations.1.error.type") == "down" && answer.has("operations.1.until"))
        #expect(try await server.suspend(lease.token, on: "0").string("state") == "suspended")
        let next = try #require(try await server.lease(wait: 30))
        #expect(try next.lease.string("journal.operations.0.status") == "started")
    }

    @Test func differenceFromTheJournalPausesTheJob() async throws {
        let server = try await TestServer()
        let id = try await server.submit(#"{"kind": "flow"}"#)
        let lease = try #require(try await server.lease())
        #expect(try await server.update(lease.token, Self.timer).status == 200)
        let other = try await server.update(
            lease.token, #"{"id": "m", "type": "marker", "name": "v", "action": "start", "output": 1}"#,
            #"{"id": "t", "type": "step", "name": "create", "action": "start"}"#)
        #expect(other.status == 409 && other.code == "nondeterministic", "\(other)")
        #expect(try await server.update(lease.token, Self.timer).code == "lease_lost")
        let job = try await server.call("GET", "/v1/jobs/\(id)")
        #expect(try job.string("state") == "suspended" && job.bool("paused"))
        #expect(try job.string("error.type") == "nondeterministic")
        #expect(try job.string("error.details.recorded.name") == "pause")
        #expect(try job.string("error.details.requested.name") == "create")
        // Nothing of the call was recorded, and a fixed deployment resumes the job.
        #expect(try await server.call("GET", "/v1/jobs/\(id)/journal").strings("items.*.id") == ["t"])
        #expect(try await server.lease() == nil)
        #expect(try await server.call("POST", "/v1/jobs/\(id)/resume").string("state") == "pending")
        #expect(try await server.lease(wait: 30) != nil)
        try await eventually("the difference is counted") {
            String(decoding: try await server.call("GET", "/metrics").body, as: UTF8.self)
                .contains("longhaul_nondeterminism_total 1\n")
        }
    }

    static let faults: [(update: String, pointers: [String])] = [
        (#"{}"#, ["/action", "/type", "/id", "/name"]),
        (#"{"id": "", "type": "step", "name": "a", "action": "start"}"#, ["/id"]),
        (
            #"{"id": "\#(String(repeating: "a", count: 65))", "type": "step", "name": "a", "action": "start"}"#,
            ["/id"]
        ),
        (#"{"id": "a", "type": "step", "name": "", "action": "start"}"#, ["/name"]),
        (#"{"id": "a", "type": "task", "name": "a", "action": "start"}"#, ["/type"]),
        (#"{"id": "a", "type": "step", "name": "a", "action": "cancel"}"#, ["/action"]),
        (#"{"id": "a", "type": "timer", "name": "a", "action": "start"}"#, ["/options/seconds"]),
        (
            #"{"id": "a", "type": "timer", "name": "a", "action": "start", "options": {"seconds": 1, "until": "2030-01-01T00:00:00Z"}}"#,
            ["/options/until"]
        ),
        (
            #"{"id": "a", "type": "timer", "name": "a", "action": "start", "options": {"seconds": -1}}"#,
            ["/options/seconds"]
        ),
        (
            #"{"id": "a", "type": "timer", "name": "a", "action": "start", "options": {"seconds": 1, "nope": 2}}"#,
            ["/options/nope"]
        ),
        (
            #"{"id": "a", "type": "step", "name": "a", "action": "start", "options": {"timeout_seconds": 1}}"#,
            ["/options/timeout_seconds"]
        ),
        (#"{"id": "a", "type": "step", "name": "a", "action": "retry"}"#, ["/error"]),
        (
            #"{"id": "a", "type": "step", "name": "a", "action": "fail", "error": {"type": "", "message": "m"}}"#,
            ["/error/type"]
        ),
        (#"{"id": "a", "type": "step", "name": "a", "action": "start", "output": 1}"#, ["/output"]),
        (#"{"id": "a", "type": "group", "name": "a", "action": "succeed", "input": 1}"#, ["/input"]),
        (#"{"id": "a", "parent_id": "a", "type": "step", "name": "a", "action": "start"}"#, ["/parent_id"]),
        (#"{"id": "a", "parent_id": "z", "type": "step", "name": "a", "action": "start"}"#, ["/parent_id"]),
        (#"{"id": "a", "type": "step", "name": "a", "action": "succeed"}"#, ["/id"]),
        (#"{"id": "a", "type": "job", "name": "a", "action": "start"}"#, ["/options/job"]),
        (
            #"{"id": "a", "type": "job", "name": "a", "action": "start", "options": {"job": {"kind": "é"}}}"#,
            ["/options/job/kind"]
        ),
        (
            #"{"id": "a", "type": "job", "name": "a", "action": "start", "options": {"job": {"kind": "k", "idempotency_key": "x", "unique": {"by": ["kind"]}, "parent_id": "01890000-0000-7000-8000-000000000000", "ref": "r"}}}"#,
            [
                "/options/job/ref", "/options/job/idempotency_key", "/options/job/unique",
                "/options/job/parent_id",
            ]
        ),
        (#"{"id": "a", "type": "step", "name": "a", "action": "start", "sub_type": 1}"#, ["/sub_type"]),
    ]

    @Test func invalidUpdateIsRefusedWithPointersAndNothingIsRecorded() async throws {
        let server = try await TestServer()
        let id = try await server.submit(#"{"kind": "flow"}"#)
        let lease = try #require(try await server.lease())
        for (update, pointers) in Self.faults {
            let answer = try await server.update(lease.token, Self.timer, update)
            #expect(answer.status == 400, "\(update): \(answer)")
            #expect(Set(answer.pointers) == Set(pointers.map { "/updates/1" + $0 }), "\(update): \(answer)")
        }
        for (body, pointer) in [
            (#"{}"#, "/updates"), (#"{"updates": []}"#, "/updates"),
            (
                #"{"updates": [\#(Array(repeating: Self.timer, count: 251).joined(separator: ","))]}"#,
                "/updates"
            ),
        ] {
            let answer = try await server.call("POST", "/v1/leases/\(lease.token)/journal", body)
            #expect(answer.status == 400 && answer.pointers == [pointer], "\(answer)")
        }
        for body in [#"{}"#, #"{"on": []}"#, #"{"on": [1]}"#, #"{"on": [""]}"#, #"{"on": ["t"], "x": 1}"#] {
            let answer = try await server.call("POST", "/v1/leases/\(lease.token)/suspend", body)
            #expect(answer.status == 400 && answer.pointers.count == 1, "\(body): \(answer)")
        }
        #expect(try await server.call("GET", "/v1/jobs/\(id)/journal").count("items") == 0)
    }

    @Test func largeUpdatesAreRefusedWithTheLimit() async throws {
        let server = try await TestServer()
        _ = try await server.submit(#"{"kind": "flow"}"#)
        let lease = try #require(try await server.lease())
        func marker(_ id: String, _ bytes: Int) -> String {
            #"{"id": "\#(id)", "type": "marker", "name": "m", "action": "start", "output": "\#(String(repeating: "a", count: bytes))"}"#
        }
        let output = try await server.update(lease.token, marker("a", 262_144))
        #expect(output.status == 413 && output.pointers == ["/updates/0/output"], "\(output.status)")
        let body = try await server.update(
            lease.token, marker("a", 250_000), marker("b", 250_000), marker("c", 250_000),
            marker("d", 250_000), marker("e", 250_000))
        #expect(body.status == 413, "\(body.status)")
        #expect(try await server.update(lease.token, marker("a", 250_000)).status == 200)
    }

    @Test func journalIsReadInPages() async throws {
        let server = try await TestServer()
        let id = try await server.submit(#"{"kind": "flow"}"#)
        let lease = try #require(try await server.lease())
        let markers = (0..<250).map {
            #"{"id": "m\#($0)", "type": "marker", "name": "m", "action": "start", "output": \#($0)}"#
        }
        let body = #"{"updates": [\#(markers.joined(separator: ","))]}"#
        #expect(
            try await server.call("POST", "/v1/leases/\(lease.token)/journal", body).count("operations")
                == 250)
        #expect(try await server.call("POST", "/v1/leases/\(lease.token)/release").status == 200)
        let next = try #require(try await server.lease())
        var ids = try next.lease.strings("journal.operations.*.id")
        #expect(ids.count == 100)
        var cursor = try next.lease.string("journal.next_cursor")
        while !cursor.isEmpty {
            let page = try await server.call("GET", "/v1/leases/\(next.token)/journal?cursor=\(cursor)")
            ids += try page.strings("items.*.id")
            cursor = page.has("next_cursor") ? try page.string("next_cursor") : ""
        }
        #expect(ids == (0..<250).map { "m\($0)" })
        let page = try await server.call("GET", "/v1/jobs/\(id)/journal?limit=3&cursor=100")
        #expect(try page.ints("items.*.number") == [101, 102, 103] && page.string("next_cursor") == "103")
        #expect(try await server.call("GET", "/v1/jobs/\(id)/journal?cursor=x").pointers == ["/cursor"])
    }

    @Test func continueAsNewBeginsAgainWithAnotherPayload() async throws {
        let server = try await TestServer()
        let id = try await server.submit(#"{"kind": "flow", "payload": 1}"#)
        let lease = try #require(try await server.lease())
        #expect(try await server.update(lease.token, Self.timer).status == 200)
        let path = "/v1/leases/\(lease.token)/complete"
        for (body, pointer) in [
            (#"{"continue_as_new": {}}"#, "/continue_as_new/payload"),
            (#"{"continue_as_new": 1}"#, "/continue_as_new"),
            (#"{"continue_as_new": null}"#, "/continue_as_new"),
            (#"{"continue_as_new": {"payload": 1}, "result": 1}"#, "/result"),
            (#"{"continue_as_new": {"payload": 1, "kind": "x"}}"#, "/continue_as_new/kind"),
        ] {
            let answer = try await server.call("POST", path, body)
            #expect(answer.status == 400 && answer.pointers == [pointer], "\(body): \(answer)")
        }
        let answer = try await server.call("POST", path, #"{"continue_as_new": {"payload": {"page": 2}}}"#)
        #expect(try answer.string("state") == "pending" && answer.int("payload.page") == 2)
        let next = try #require(try await server.lease(wait: 30))
        #expect(try next.lease.string("job.id") == id && next.lease.int("job.payload.page") == 2)
        #expect(try next.lease.count("journal.operations") == 0)
    }

    @Test func cancellationRunsCompensations() async throws {
        let server = try await TestServer()
        let (id, _) = try await server.suspended(
            Self.timer + #", {"id": "compensation/0", "type": "marker", "name": "undo", "action": "start"}"#,
            on: "t")
        let cancelled = try await server.call("POST", "/v1/jobs/\(id)/cancel")
        #expect(try cancelled.string("state") == "pending" && cancelled.bool("cancelling"))
        let lease = try #require(try await server.lease(wait: 30))
        #expect(try lease.lease.bool("job.cancelling"))
        let ended = try await server.call("POST", "/v1/leases/\(lease.token)/complete", #"{"result": 1}"#)
        #expect(try ended.string("state") == "cancelled")
    }

    @Test func metricsCountOperationsAndSuspendedJobs() async throws {
        let server = try await TestServer()
        let (id, _) = try await server.suspended(Self.timer, on: "t")
        func metrics() async throws -> String {
            String(decoding: try await server.call("GET", "/metrics").body, as: UTF8.self)
        }
        let text = try await metrics()
        #expect(text.contains(#"longhaul_jobs{queue="default",state="suspended"} 1"#))
        #expect(text.contains(#"longhaul_operations_total{type="timer",outcome="started"} 1"#))
        #expect(text.contains(#"longhaul_waits{type="timer"} 1"#))
        #expect(try await server.call("GET", "/v1/queues/default").int("counts.suspended") == 1)
        #expect(try await server.call("GET", "/v1/jobs?state=suspended").strings("items.*.id") == [id])
        _ = try await server.call("POST", "/v1/jobs/\(id)/restart", #"{"from": "t"}"#)
        try await eventually("the resumed run is counted") {
            try await metrics().contains("longhaul_resumed_runs_total 1\n")
        }
    }
}
