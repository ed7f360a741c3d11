import Foundation
import LonghaulTestSupport
import Testing

/// The sum of the counters of several servers is the number of events.
@Suite(.over(.postgres, "SQLite's file has one server"))
struct CountingTests {
    @Test func eachEventIsCountedOnce() async throws {
        let servers = try await ServerPair()
        for _ in 0..<3 { _ = try await servers.one.submit(#"{"kind": "a"}"#) }
        for _ in 0..<2 { _ = try await servers.other.submit(#"{"kind": "b"}"#) }
        for server in [servers.one, servers.other, servers.other] {
            let lease = try #require(try await server.lease())
            try await server.complete(lease.token)
        }
        // Jobs that are leased at one server and completed at the other.
        let failing = try #require(try await servers.one.lease())
        let body = #"{"error": {"type": "x", "message": "y"}, "retryable": false}"#
        #expect(try await servers.other.call("POST", "/v1/leases/\(failing.token)/fail", body).status == 200)

        try await eventually("all events are counted") {
            let submitted = try await servers.total("longhaul_jobs_submitted_total")
            let finished = try await servers.total("longhaul_jobs_finished_total")
            return submitted >= 5 && finished >= 4
        }
        #expect(try await servers.total("longhaul_jobs_submitted_total") == 5)
        #expect(try await servers.total("longhaul_jobs_finished_total") == 4)
        #expect(try await servers.total("longhaul_job_attempts_failed_total") == 1)
        #expect(try await servers.total("longhaul_job_run_seconds_count") == 4)
        // The depth is read from the store, so both servers report the same value.
        #expect(try await servers.total("longhaul_queue_depth") == 2)

        // A server writes its samples when it stops.
        servers.one.process.signal(SIGTERM)
        #expect(try await servers.one.process.exitCode() == 0)
        let history = try await servers.other.call("GET", "/v1/history")
        #expect(try history.ints("items.*.enqueued").reduce(0, +) == 5)
        #expect(try history.ints("items.*.finished").reduce(0, +) == 4)
    }

    /// A worker that uses the backends directly has no `/metrics`, so a server counts its changes.
    @Test func workOfAWorkerOnTheBackendsIsCountedOnce() async throws {
        let servers = try await ServerPair()
        let handlers = try servers.one.folder.write(
            "handlers.json5", #"{ handlers: { "good": { command: ["true"] } } }"#)
        let worker = try LonghaulProcess(
            ["worker", "--handlers", handlers, "--queues", "default=2"]
                + Pair.current.options(servers.one.folder))
        for _ in 0..<4 {
            let job = try await servers.other.call(
                "POST", "/v1/jobs?wait_seconds=60", #"{"kind": "good"}"#)
            #expect(try job.string("state") == "completed", "\(job) \(worker.errorText)")
        }
        try await eventually("the ends are counted") {
            try await servers.total("longhaul_jobs_finished_total") >= 4
        }
        worker.signal(SIGTERM)
        #expect(try await worker.exitCode() == 0)
        #expect(try await servers.total("longhaul_jobs_submitted_total") == 4)
        #expect(try await servers.total("longhaul_jobs_finished_total") == 4)
    }
}
