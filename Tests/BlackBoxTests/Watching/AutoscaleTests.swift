import Foundation
import LonghaulTestSupport
import Testing

/// The number of workers follows the load.
@Suite struct AutoscaleTests {
    /// The number of jobs in the burst; `make burst` sets more.
    private static let burst =
        ProcessInfo.processInfo.environment["BURST_JOBS"].flatMap { Int($0) } ?? 400

    @Test func autoscalerGrowsToTenWorkersAndShrinksToNone() async throws {
        let server = try await TestServer()
        try server.folder.write(
            "handlers.json5",
            #"{ handlers: { "tiny": { command: ["true"] }, "slow": { command: ["sleep", "3"] } } }"#)
        let scaler = try LonghaulProcess(
            [
                "autoscale", "--server", server.address, "--handlers", server.folder.file("handlers.json5"),
                "--queues", "default=1", "--jobs-per-worker", "\(Self.burst / 10)", "--max-workers", "10",
                "--cooldown", "2", "--interval", "0.2",
            ])
        try await eventually("the autoscaler reads the load: \(scaler.errorText)") {
            scaler.errorText.contains("watching default")
        }
        #expect(try await server.call("GET", "/v1/workers").count("items") == 0)

        try await submitBurst(to: server)
        try await eventually(
            "all jobs have ended: \(scaler.errorText)", within: 120 + Double(Self.burst) / 10
        ) {
            try await server.call("GET", "/v1/queues/default").int("counts.completed") == Self.burst + 10
        }
        try await eventually("the workers have gone: \(scaler.errorText)", within: 120) {
            scaler.errorText.components(separatedBy: " ended: exit 0").count
                == scaler.errorText.components(separatedBy: " working on ").count
                && scaler.errorText.contains(" to 0 workers")
        }
        #expect(scaler.errorText.contains(" to 10 workers"))
        #expect(!scaler.errorText.contains("warning"), "\(scaler.errorText)")
        try await expectOneAttemptEach(server)
        scaler.signal(SIGTERM)
        #expect(try await scaler.exitCode() == 0)
    }

    /// Many short jobs, and some long ones that still run when workers are stopped.
    private func submitBurst(to server: TestServer) async throws {
        let slow = (0..<10).map { _ in #"{"kind": "slow", "priority": 0}"# }
        var left = (0..<Self.burst).map { _ in #"{"kind": "tiny"}"# } + slow
        while !left.isEmpty {
            let batch = left.prefix(1000).joined(separator: ",")
            left.removeFirst(min(1000, left.count))
            #expect(try await server.call("POST", "/v1/jobs/batch", #"{"jobs": [\#(batch)]}"#).status == 202)
        }
    }

    /// No attempt was interrupted: each job has had one attempt, and its lease never expired.
    private func expectOneAttemptEach(_ server: TestServer) async throws {
        let text = String(decoding: try await server.call("GET", "/metrics").body, as: UTF8.self)
        #expect(text.contains("longhaul_leases_expired_total 0"))
        #expect(!text.contains("longhaul_job_attempts_failed_total{"))
        var cursor = ""
        repeat {
            let page = try await server.call("GET", "/v1/jobs?limit=500" + cursor)
            let jobs = try page.array("items")
            #expect(try jobs.allSatisfy { try $0.int("attempt") == 1 && $0.string("state") == "completed" })
            cursor = page.has("next_cursor") ? try "&cursor=" + page.string("next_cursor") : ""
        } while !cursor.isEmpty
    }

    @Test func workersOfAKilledAutoscalerFinishTheirJobsAndEnd() async throws {
        let server = try await TestServer()
        let started = server.folder.file("started")
        let go = server.folder.file("go")
        try server.folder.write(
            "handlers.json5",
            #"""
            { handlers: { "slow": {
                command: ["sh", "-c", "echo x >> '\#(started)'; until [ -e '\#(go)' ]; do sleep 0.05; done"],
            } } }
            """#)
        let id = try await server.submit(#"{"kind": "slow"}"#)
        let scaler = try LonghaulProcess(
            [
                "autoscale", "--server", server.address, "--handlers", server.folder.file("handlers.json5"),
                "--interval", "0.2",
            ])
        try await eventually("the job runs: \(scaler.errorText)", within: 60) {
            FileManager.default.fileExists(atPath: started)
        }
        let name = try await server.call("GET", "/v1/workers").string("items.0.name")
        try await scaler.crash()
        try server.folder.write("go", "")
        let job = try await server.call("GET", "/v1/jobs/\(id)?wait_seconds=60")
        #expect(try job.string("state") == "completed" && job.int("attempt") == 1)
        try await eventually("the worker has deregistered", within: 60) {
            let processes = try await longhaul(["-ww", "-eo", "args"], executable: "/bin/ps").output
            let listed = try await server.call("GET", "/v1/workers").count("items")
            return !processes.contains(name) && listed == 0
        }
    }

    @Test func commandReceivesTheDesiredNumberOfWorkers() async throws {
        let server = try await TestServer()
        for _ in 0..<25 { _ = try await server.submit(#"{"kind": "a", "queue": "q"}"#) }
        let file = server.folder.file("wanted")
        let scaler = try LonghaulProcess(
            [
                "autoscale", "--server", server.address, "--queues", "q=1", "--max-workers", "5",
                "--cooldown",
                "0.5", "--interval", "0.1", "--scale-command",
                "echo {desired} $LONGHAUL_DESIRED_WORKERS >> '\(file)'",
            ])
        func received() -> [String] {
            ((try? String(contentsOfFile: file, encoding: .utf8)) ?? "").split(separator: "\n").map(
                String.init)
        }
        try await eventually("the number of workers grows: \(scaler.errorText)") { received() == ["3 3"] }
        _ = try await server.call("POST", "/v1/queues/q/pause")
        try await eventually("the number of workers shrinks: \(scaler.errorText)") {
            received() == ["3 3", "0 0"]
        }
        scaler.signal(SIGTERM)
        #expect(try await scaler.exitCode() == 0)
    }

    @Test func failedCommandIsRepeatedAndASuccessfulOneIsNot() async throws {
        let server = try await TestServer()
        for _ in 0..<3 { _ = try await server.submit(#"{"kind": "a", "queue": "q"}"#) }
        let file = server.folder.file("wanted")
        let scaler = try LonghaulProcess([
            "autoscale", "--server", server.address, "--queues", "q=1", "--jobs-per-worker", "1",
            "--interval", "0.1", "--scale-command",
            "echo {desired} >> '\(file)'; test $(wc -l < '\(file)') -ge 3",
        ])
        func received() -> Int {
            ((try? String(contentsOfFile: file, encoding: .utf8)) ?? "").split(separator: "\n").count
        }
        try await eventually("the command succeeds: \(scaler.errorText)") { received() >= 3 }
        // The next decision of the autoscaler follows this one.
        for _ in 0..<4 { _ = try await server.submit(#"{"kind": "a", "queue": "q"}"#) }
        try await eventually("the number grows: \(scaler.errorText)") { received() >= 4 }
        scaler.signal(SIGTERM)
        #expect(try await scaler.exitCode() == 0)
        let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
        #expect(lines.prefix(3) == ["3", "3", "3"])
        #expect(lines.filter { $0 == "3" }.count == 3)
    }

    @Test func rejectsContradictorySettings() async throws {
        for (options, fault) in [
            (["--jobs-per-worker", "1", "--drain-seconds", "1"], "exclude each other"),
            (["--min-workers", "5", "--max-workers", "2"], "is more than --max-workers"),
            (["--scale-command", "scale up"], "{desired}"),
            ([], "--handlers is missing"),
        ] {
            let result = try await longhaul(["autoscale"] + options)
            #expect(result.code == 2 && result.errors.contains(fault), "\(options): \(result.errors)")
        }
    }
}
