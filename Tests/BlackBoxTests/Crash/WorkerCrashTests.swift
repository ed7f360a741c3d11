import Foundation
import LonghaulTestSupport
import Testing

/// Workers that are killed, and programs that ignore signals.
@Suite struct WorkerCrashTests {
    @Test func jobOfAKilledWorkerIsRetriedByAnother() async throws {
        let server = try await TestServer()
        let folder = server.folder
        let started = folder.file("started")
        // The first attempt does not end, the second one ends at once.
        try folder.write(
            "handlers.json5",
            #"""
            { handlers: { "slow.once": {
                command: ["sh", "-c", "echo $LONGHAUL_ATTEMPT $$ >> '\#(started)'; [ $LONGHAUL_ATTEMPT = 2 ] || exec sleep 600"],
            } } }
            """#)
        let options = [
            "worker", "--server", server.address, "--handlers", folder.file("handlers.json5"), "--queues",
            "default=1", "--lease-seconds",
        ]
        let id = try await server.submit(
            #"{"kind": "slow.once", "backoff": {"type": "fixed", "initial_seconds": 0, "jitter": 0}}"#)
        // The lease is long, so that it does not expire on a busy machine while its worker is alive.
        let first = try LonghaulProcess(options + ["15"])
        try await eventually("the program runs: \(first.errorText)") {
            ((try? String(contentsOfFile: started, encoding: .utf8)) ?? "").contains("\n")
        }
        let line = try String(contentsOfFile: started, encoding: .utf8).split(separator: "\n")[0]
        let program = try #require(Int32(line.split(separator: " ")[1]))
        try await first.crash()
        // The test does not check the remaining program, but it must not outlive the test.
        defer { kill(program, SIGKILL) }
        let second = try LonghaulProcess(options + ["60"])
        try await eventually("the second attempt completes", within: 90) {
            try await server.call("GET", "/v1/jobs/\(id)").string("state") == "completed"
        }
        #expect(try await server.call("GET", "/v1/jobs/\(id)").int("attempt") == 2)
        second.signal(SIGTERM)
        #expect(try await second.exitCode() == 0)
    }

    @Test func completionAfterTheLeaseHasExpiredChangesNothing() async throws {
        let server = try await TestServer()
        let folder = server.folder
        try folder.write(
            "handlers.json5",
            #"{ handlers: { "quick": { command: ["sh", "-c", "echo '\"second\"' > $LONGHAUL_RESULT"] } } }"#)
        let id = try await server.submit(
            #"{"kind": "quick", "backoff": {"type": "fixed", "initial_seconds": 0, "jitter": 0}}"#)
        // The test is the first worker, over plain HTTP. It sends nothing from here on, like a killed worker.
        let dead = try #require(try await server.lease(seconds: 2, worker: "dead"))
        let second = try LonghaulProcess([
            "worker", "--server", server.address, "--handlers", folder.file("handlers.json5"), "--queues",
            "default=1",
        ])
        try await eventually("the second worker completes: \(second.errorText)", within: 60) {
            try await server.call("GET", "/v1/jobs/\(id)").string("state") == "completed"
        }
        let late = try await server.call(
            "POST", "/v1/leases/\(dead.token)/complete", #"{"result": "first", "next": [{"kind": "never"}]}"#)
        #expect(late.status == 409)
        #expect(late.code == "lease_lost")
        let job = try await server.call("GET", "/v1/jobs/\(id)")
        #expect(try job.string("result") == "second")
        #expect(try job.int("attempt") == 2)
        #expect(try await server.call("GET", "/v1/jobs").count("items") == 1)
        second.signal(SIGTERM)
        #expect(try await second.exitCode() == 0)
    }

    /// The first worker writes a checkpoint and is killed; the second attempt reads it.
    @Test func checkpointsSurviveCrashesOfWorkerAndServer() async throws {
        let folder = try TemporaryFolder()
        var server = try await TestServer("serve", in: folder)
        let id = try await server.submit(
            #"{"kind": "a", "backoff": {"type": "fixed", "initial_seconds": 0, "jitter": 0}}"#)
        // The test waits for the end of the lease, which must be after the checkpoint also on a slow machine.
        let first = try #require(try await server.lease(seconds: 15))
        let step = "/v1/leases/\(first.token)/steps/download"
        #expect(try await server.call("PUT", step, #"{"output": {"bytes": 7}}"#).status == 200)
        try await server.process.crash()
        server = try await TestServer("serve", in: folder)
        // No worker renews the lease of the first attempt.
        let second = try #require(try await server.lease(wait: 60, worker: "w2"))
        #expect(try second.lease.string("job.id") == id)
        #expect(try second.lease.int("attempt") == 2)
        let kept = try await server.call("GET", "/v1/leases/\(second.token)/steps/download")
        #expect(try kept.int("output.bytes") == 7)
        #expect(try await server.call("PUT", step, #"{"output": 8}"#).code == "lease_lost")
    }

    @Test func programThatIgnoresSignalsIsKilledAfterItsTimeout() async throws {
        let folder = try TemporaryFolder()
        let pids = folder.file("pids")
        // The program and its children ignore SIGTERM, and one child leaves the process group and the session. All of
        // them write their process IDs long before the timeout, also on a slow machine.
        try folder.write(
            "stubborn.sh",
            """
            trap '' TERM
            echo $$ >> '\(pids)'
            (trap '' TERM; sh -c 'echo $$ >> "\(pids)"; sleep 600') &
            setsid sh -c 'trap "" TERM; echo $$ >> "\(pids)"; sleep 600' &
            sleep 600
            """)
        try folder.write(
            "handlers.json5",
            #"{ handlers: { "stubborn": { command: ["sh", "./stubborn.sh"], timeout_seconds: 15, kill_grace_seconds: 0.5 } } }"#
        )
        let server = try await TestServer(
            "up", in: folder, ["--handlers", folder.file("handlers.json5"), "--queues", "default=1"])
        let id = try await server.submit(#"{"kind": "stubborn", "max_attempts": 1}"#)
        try await eventually("the job has failed", within: 60) {
            try await server.call("GET", "/v1/jobs/\(id)").string("state") == "failed"
        }
        #expect(try await server.call("GET", "/v1/jobs/\(id)").string("error.type") == "timeout")
        let processes = try String(contentsOfFile: pids, encoding: .utf8).split(separator: "\n")
            .compactMap { Int32($0) }
        #expect(processes.count == 3)
        try await eventually("every process is gone") { processes.allSatisfy { kill($0, 0) != 0 } }
    }
}
