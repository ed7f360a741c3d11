import Foundation
import LonghaulTestSupport
import Testing

/// The exit codes of the command, for scripts.
@Suite struct ExitCodeTests {
    private let unknown = "01890000-0000-7000-8000-000000000000"

    @Test func exitCode3WithoutAServer() async throws {
        // Port 1 is privileged and unused: no server listens there.
        let run = try await longhaul(["list", "--server", "http://127.0.0.1:1"])
        #expect(run.code == 3)
        #expect(run.errors.contains("cannot connect to 127.0.0.1:1"))
    }

    @Test func exitCode4ForAProblem() async throws {
        let server = try await TestServer()
        let environment = ["LONGHAUL_SERVER": server.address]
        let first = try await longhaul(["submit", "a", "--key", "k"], environment: environment)
        #expect(first.code == 0)
        let other = try await longhaul(["submit", "b", "--key", "k"], environment: environment)
        #expect(other.code == 4)
        #expect(other.errors.contains("idempotency_key_reused"))
        let id = first.output.trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(try await longhaul(["cancel", id], environment: environment).code == 0)
        let again = try await longhaul(["cancel", id], environment: environment)
        #expect(again.code == 4 && again.errors.contains("conflict"))
    }

    @Test func exitCode5ForAMissingResource() async throws {
        let server = try await TestServer()
        for words in [["get"], ["wait"], ["cancel"], ["retry"], ["logs"], ["logs", "-f"], ["artifacts"]] {
            let run = try await longhaul(words + [unknown, "--server", server.address])
            #expect(run.code == 5, "\(words): \(run)")
            #expect(run.errors.contains("not_found"))
        }
    }

    @Test func exitCode6ForAFullQueue() async throws {
        let server = try await TestServer()
        #expect(try await server.call("PUT", "/v1/queues/small", #"{"max_depth": 1}"#).status == 200)
        let words = ["submit", "a", "--queue", "small", "--server", server.address]
        #expect(try await longhaul(words).code == 0)
        let run = try await longhaul(words)
        #expect(run.code == 6)
        #expect(run.errors.contains("system_busy") && run.errors.contains("retry in"))
    }

    @Test func exitCode1ForAJobThatDidNotComplete() async throws {
        let folder = try TemporaryFolder()
        try folder.write(
            "handlers.json5",
            #"{ handlers: { good: { command: ["true"] }, bad: { command: ["sh", "-c", "exit 65"] } } }"#)
        let server = try await TestServer(
            "up", in: folder, ["--handlers", folder.file("handlers.json5"), "--queues", "default=2"])
        let environment = ["LONGHAUL_SERVER": server.address]
        let good = try await longhaul(["submit", "good", "--wait"], environment: environment)
        #expect(good.code == 0, "\(good)")
        let bad = try await longhaul(["submit", "bad", "--wait"], environment: environment)
        #expect(bad.code == 1)
        #expect(bad.errors.contains("failed"))
        let id = bad.output.trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(try await longhaul(["wait", id], environment: environment).code == 1)
        // `get` prints the error of the job, and succeeds itself.
        let shown = try await longhaul(["get", id], environment: environment)
        #expect(shown.code == 0 && shown.output.contains("failed"))
    }

    @Test func closedPipeIsNoError() async throws {
        let server = try await TestServer()
        // The output does not fit into the pipe, so that the command still writes when the reader ends.
        let text = String(repeating: "a", count: 200_000)
        let id = try await server.submit(#"{"kind": "a", "payload": "\#(text)"}"#)
        let script =
            "set -o pipefail; '\(LonghaulProcess.binary)' get \(id) --json --server \(server.address) | head -c 1"
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/bash")
        shell.arguments = ["-c", script]
        shell.standardOutput = FileHandle.nullDevice
        try shell.run()
        try await eventually("the end of the pipe") { !shell.isRunning }
        #expect(shell.terminationStatus == 0)
    }
}
