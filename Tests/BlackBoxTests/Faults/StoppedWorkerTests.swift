import Foundation
import LonghaulTestSupport
import Testing

/// A worker that is stopped (SIGSTOP) for longer than its lease, and for less.
@Suite struct StoppedWorkerTests {
    /// A worker whose program runs until the file `go` exists.
    private struct Bench {
        let server: TestServer
        let worker: LonghaulProcess
        let job: String

        init(leaseSeconds: Double) async throws {
            server = try await TestServer()
            let folder = server.folder
            try folder.write(
                "handlers.json5",
                #"""
                { handlers: { "wait.for.go": {
                    command: ["sh", "-c", "until [ -e '\#(folder.file("go"))' ]; do sleep 0.05; done"],
                } } }
                """#)
            worker = try LonghaulProcess(
                [
                    "worker", "--server", server.address, "--handlers", folder.file("handlers.json5"),
                    "--queues", "default=1", "--lease-seconds", "\(leaseSeconds)",
                ])
            job = try await server.submit(
                #"{"kind": "wait.for.go", "backoff": {"type": "fixed", "initial_seconds": 0, "jitter": 0}}"#)
            let (server, job) = (server, job)
            try await eventually("the job runs: \(worker.errorText)") {
                try await server.call("GET", "/v1/jobs/\(job)").string("state") == "processing"
            }
        }

        func current() async throws -> Answer {
            try await server.call("GET", "/v1/jobs/\(job)")
        }

        /// Ends the program, and with it the job.
        func finish() async throws -> Answer {
            try server.folder.write("go", "")
            try await eventually("the job is completed: \(worker.errorText)") {
                try await current().string("state") == "completed"
            }
            return try await current()
        }
    }

    private static func time(_ text: String) throws -> Date {
        let format = ISO8601DateFormatter()
        format.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        return try #require(format.date(from: text))
    }

    /// The lease can also expire if the whole machine stalls, so the test tries several times.
    @Test func stoppedWorkerLosesItsJobWithinTheLeaseAndTwoSeconds() async throws {
        let leaseSeconds = 4.0
        var late: [Double] = []
        repeat {
            let lost = try await Self.secondsUntilLost(leaseSeconds: leaseSeconds)
            if lost < leaseSeconds + 2 { return }
            late.append(lost)
        } while late.count < 5
        Issue.record("lost after \(late) s")
    }

    /// The time from the stop of the worker to the end of the attempt, by the times that the server recorded.
    private static func secondsUntilLost(leaseSeconds: Double) async throws -> Double {
        let bench = try await Bench(leaseSeconds: leaseSeconds)
        bench.worker.signal(SIGSTOP)
        let stopped = Date()
        try await eventually("the lease has ended") {
            try await bench.current().has("attempts.0.error")
        }
        let lost = try await bench.current()
        #expect(try lost.string("attempts.0.error.type") == "lease_expired")
        bench.worker.signal(SIGCONT)
        let job = try await bench.finish()
        #expect(try job.int("attempt") >= 2)
        bench.worker.signal(SIGTERM)
        #expect(try await bench.worker.exitCode() == 0)
        return try time(lost.string("attempts.0.finished_at")).timeIntervalSince(stopped)
    }

    @Test func workerStoppedForLessThanItsLeaseKeepsTheJob() async throws {
        let bench = try await Bench(leaseSeconds: 60)
        // The heartbeat interval is twenty seconds. A longer stop misses one heartbeat, and almost twenty seconds of
        // the lease remain.
        bench.worker.signal(SIGSTOP)
        try await Task.sleep(for: .seconds(21))
        bench.worker.signal(SIGCONT)
        let job = try await bench.finish()
        #expect(try job.int("attempt") == 1)
        #expect(try job.count("attempts") == 1)
        bench.worker.signal(SIGTERM)
        #expect(try await bench.worker.exitCode() == 0)
    }
}
