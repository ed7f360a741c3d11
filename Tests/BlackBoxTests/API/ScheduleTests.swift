import Foundation
import LonghaulClient
import LonghaulCore
import LonghaulHTTP
import LonghaulJSON
import LonghaulTestSupport
import Testing

/// Schedules over HTTP and with the command.
@Suite struct ScheduleTests {
    @Test func scheduleIsCreatedShownRunAndDeleted() async throws {
        let server = try await TestServer()
        let body =
            #"{"cron": "0 3 * * *", "time_zone": "Europe/Paris", "job": {"kind": "report", "payload": {"n": 1}}}"#
        let made = try await server.call("PUT", "/v1/schedules/nightly", body)
        #expect(made.status == 200, "\(made)")
        #expect(try made.string("name") == "nightly")
        #expect(try made.string("cron") == "0 3 * * *")
        #expect(try made.string("time_zone") == "Europe/Paris")
        #expect(try made.string("catch_up") == "last")
        #expect(try made.bool("paused") == false)
        #expect(try made.string("job.kind") == "report")
        let next = try #require(Timestamp(rfc3339: try made.string("next_run_at")))
        #expect(next > SystemTime().now() && next < SystemTime().now().adding(seconds: 90_000))
        #expect(!made.has("last_run_at") && !made.has("last_job_id"))
        #expect(try await server.call("GET", "/v1/schedules/nightly").json == made.json)

        let run = try await server.call("POST", "/v1/schedules/nightly/run")
        #expect(run.status == 202, "\(run)")
        let id = try run.string("id")
        #expect(run.headers["Location"] == "/v1/jobs/\(id)")
        #expect(try run.string("tags.schedule") == "nightly")
        let after = try await server.call("GET", "/v1/schedules/nightly")
        #expect(try after.string("last_job_id") == id)
        #expect(try after.string("next_run_at") == made.string("next_run_at"))
        let found = try await server.call("GET", "/v1/jobs?tag=schedule:nightly")
        #expect(try found.string("items.0.id") == id)

        let paused = try await server.call("POST", "/v1/schedules/nightly/pause")
        #expect(try !paused.has("next_run_at") && paused.bool("paused") == true)
        #expect(try await server.call("POST", "/v1/schedules/nightly/resume").has("next_run_at"))
        #expect(try await server.call("DELETE", "/v1/schedules/nightly").status == 204)
        for (method, path) in [("GET", ""), ("DELETE", ""), ("POST", "/run"), ("POST", "/pause")] {
            #expect(try await server.call(method, "/v1/schedules/nightly" + path).status == 404)
        }
    }

    @Test func ticks() async throws {
        let server = try await TestServer()
        let made = try await server.call(
            "PUT", "/v1/schedules/often", #"{"cron": "* * * * *", "job": {"kind": "a"}}"#)
        let next = try made.string("next_run_at")
        try await eventually("a job at \(next)", within: 150) {
            try await server.call("GET", "/v1/schedules/often").has("last_job_id")
        }
        // A busy machine may also miss the next tick, which is then caught up.
        try await eventually("the schedule is not late") {
            try await server.call("GET", "/metrics").description
                .contains(#"longhaul_schedule_late_seconds{schedule="often"} 0"#)
        }
        let metrics = try await server.call("GET", "/metrics").description
        #expect(metrics.contains(#"longhaul_schedule_last_run_timestamp_seconds{schedule="often"}"#))
        let list = try await server.call("GET", "/v1/jobs?tag=schedule:often")
        #expect(try list.strings("items.*.tags.scheduled_at").contains(next))
    }

    private static let invalid: [(String, [String])] = [
        ("{}", ["/cron", "/job"]), (#"{"cron": "* * *", "job": {"kind": "a"}}"#, ["/cron"]),
        (#"{"cron": "0 0 30 2 *", "job": {"kind": "a"}}"#, ["/cron"]),
        (#"{"cron": "@daily", "job": {"kind": "no spaces"}}"#, ["/job/kind"]),
        (#"{"cron": "@daily", "job": {"kind": "a", "kidn": 1}}"#, ["/job/kidn"]),
        (#"{"cron": "@daily", "job": {"kind": "a"}, "time_zone": "Mars/Base"}"#, ["/time_zone"]),
        (
            #"{"cron": "x", "job": {"kind": "a"}, "time_zone": "x", "catch_up": "some"}"#,
            ["/cron", "/catch_up", "/time_zone"]
        ),
        (#"{"cron": "@daily", "job": {"kind": "a", "run_at": "2027-01-01T00:00:00Z"}}"#, ["/job/run_at"]),
        (#"{"cron": "@daily", "job": {"kind": "a", "idempotency_key": "k"}}"#, ["/job/idempotency_key"]),
        (#"{"cron": "@daily", "job": 5}"#, ["/job"]),
    ]

    @Test func allErrorsOfAScheduleAreReported() async throws {
        let server = try await TestServer()
        for (body, pointers) in Self.invalid {
            let answer = try await server.call("PUT", "/v1/schedules/a", body)
            #expect(answer.status == 400 && Set(answer.pointers) == Set(pointers), "\(body): \(answer)")
        }
        #expect(
            try await server.call("PUT", "/v1/schedules/a%20b", #"{"cron": "@daily", "job": {"kind": "a"}}"#)
                .status == 400)
        #expect(try await server.call("GET", "/v1/schedules/a").status == 404)
    }

    @Test func listsByNameInPagesAndSurvivesARestart() async throws {
        let folder = try TemporaryFolder()
        let server = try await TestServer(in: folder)
        for name in ["c", "a", "b"] {
            _ = try await server.call(
                "PUT", "/v1/schedules/\(name)", #"{"cron": "@daily", "job": {"kind": "a"}}"#)
        }
        func page(_ server: TestServer, _ query: String) async throws -> Answer {
            try await server.call("GET", "/v1/schedules" + query)
        }
        let first = try await page(server, "?limit=2")
        #expect(try first.strings("items.*.name") == ["a", "b"])
        let second = try await page(server, "?limit=2&cursor=\(first.string("next_cursor"))")
        #expect(try second.strings("items.*.name") == ["c"])
        #expect(try await server.call("GET", "/v1/schedules?cursor=x").status == 400)
        try await server.process.crash()
        let again = try await TestServer(in: folder)
        #expect(try await page(again, "").strings("items.*.name") == ["a", "b", "c"])
    }

    @Test func commandManagesSchedules() async throws {
        let server = try await TestServer()
        func run(_ words: String...) async throws -> (code: Int32, output: String) {
            let ended = try await longhaul(["schedules"] + words + ["--server", server.address])
            return (ended.code, ended.output)
        }
        let made = try await run(
            "set", "nightly", "--cron", "0 3 * * *", "--time-zone", "Europe/Paris", "--kind", "report",
            "--payload", "{\"n\":1}", "--catch-up", "all", "--json")
        #expect(made.code == 0)
        let client = try LonghaulClient(server: server.address)
        let schedule = try await client.schedule("nightly")
        await client.shutdown()
        #expect(schedule.spec.catchUp == .all)
        #expect(schedule.spec.job.spec.payload.description == "{\"n\":1}")
        #expect(try await run().output.contains("nightly"))
        let id = try await run("run", "nightly").output.trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(JobID(id) != nil)
        #expect(try await run("pause", "nightly").output.contains("paused"))
        #expect(try await run("resume", "nightly").code == 0)
        #expect(try await run("delete", "nightly").code == 0)
        #expect(try await run("show", "nightly").code == 5)
        #expect(try await run("set", "x", "--cron", "61 * * * *", "--kind", "a").code == 2)
    }

    @Test func theNextTicksOfAnExpressionAreReturned() async throws {
        let server = try await TestServer()
        let ticks = try await server.call(
            "GET", "/v1/schedule-ticks?cron=30%203%20*%20*%20*&time_zone=Asia/Kolkata&count=3")
        let times = try ticks.strings("items.*")
        #expect(times.count == 3 && times.allSatisfy { $0.contains("T22:00:00") } && times == times.sorted())
        #expect(try await server.call("GET", "/v1/schedule-ticks?cron=@daily").strings("items.*").count == 5)
        for (query, pointer) in [
            ("", "/cron"), ("cron=x", "/cron"), ("cron=61%20*%20*%20*%20*", "/cron"),
            ("cron=@daily&time_zone=Nowhere", "/time_zone"), ("cron=@daily&count=21", "/count"),
        ] {
            let answer = try await server.call("GET", "/v1/schedule-ticks?" + query)
            #expect(answer.status == 400, "\(query): \(answer)")
            #expect(try answer.strings("errors.*.pointer") == [pointer], "\(query)")
        }
    }
}
