import Foundation
import Testing

/// A worker that stands still (SIGSTOP), for longer than its lease and for less.
@Suite struct StoppedWorkerTests {
    /// A worker whose program runs until the file `go` is there.
    private struct Bench {
        let server: TestServer
        let worker: LonghaulProcess
        let job: String
        let leaseSeconds: Double

        init(leaseSeconds: Double) async throws {
            self.leaseSeconds = leaseSeconds
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
                try await server.call("GET", "/v1/jobs/\(job)")["state"] as? String == "processing"
            }
        }

        func attempts() async throws -> [[String: Any]] {
            try await server.call("GET", "/v1/jobs/\(job)")["attempts"] as? [[String: Any]] ?? []
        }

        /// Lets the program, and with it the job, come to its end.
        func finish() async throws -> Answer {
            try server.folder.write("go", "")
            try await eventually("the job is completed: \(worker.errorText)", within: 60) {
                try await server.call("GET", "/v1/jobs/\(job)")["state"] as? String == "completed"
            }
            return try await server.call("GET", "/v1/jobs/\(job)")
        }
    }

    private static func time(_ text: Any?) throws -> Date {
        let format = ISO8601DateFormatter()
        format.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        return try #require(format.date(from: text as? String ?? ""))
    }

    @Test func losesTheJobWithinItsLeaseAndTwoSeconds() async throws {
        let bench = try await Bench(leaseSeconds: 4)
        bench.worker.signal(SIGSTOP)
        let stopped = Date()
        try await eventually("the lease has ended", within: 60) {
            try await bench.attempts().first?["error"] as? [String: Any] != nil
        }
        let first = try #require(try await bench.attempts().first)
        #expect((first["error"] as? [String: Any])?["type"] as? String == "lease_expired")
        let lost = try Self.time(first["finished_at"]).timeIntervalSince(stopped)
        #expect(lost < bench.leaseSeconds + 2, "lost after \(lost) s")
        bench.worker.signal(SIGCONT)
        let job = try await bench.finish()
        #expect(job["attempt"] as? Int ?? 0 >= 2)
        bench.worker.signal(SIGTERM)
        #expect(try await bench.worker.exitCode() == 0)
    }

    @Test func keepsTheJobIfItStandsForLessThanItsLease() async throws {
        let bench = try await Bench(leaseSeconds: 12)
        // It beats every four seconds: stopped for two, at any moment, it has at least six left.
        for _ in 0..<3 {
            bench.worker.signal(SIGSTOP)
            try await Task.sleep(for: .seconds(2))
            bench.worker.signal(SIGCONT)
            try await Task.sleep(for: .seconds(0.5))
        }
        let job = try await bench.finish()
        #expect(job["attempt"] as? Int == 1)
        #expect((job["attempts"] as? [Any])?.count == 1)
        bench.worker.signal(SIGTERM)
        #expect(try await bench.worker.exitCode() == 0)
    }
}
