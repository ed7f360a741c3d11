import Foundation
import LonghaulTestSupport
import Testing

/// Submits, watches and changes jobs with the command, for people and for programs.
@Suite struct JobCommandTests {
    /// A server whose worker writes a file, a result, log lines and progress.
    private func workshop() async throws -> TestServer {
        let folder = try TemporaryFolder()
        try folder.write(
            "handlers.json5",
            #"""
            { handlers: { "write": { command: ["sh", "-c",
                "echo one; echo '::progress 50 half'; echo two >&2; printf hello > $LONGHAUL_ARTIFACTS/greeting.txt; echo '{\"words\": 1}' > $LONGHAUL_RESULT"] } } }
            """#)
        return try await TestServer(
            "up", in: folder, ["--handlers", folder.file("handlers.json5"), "--queues", "default=1"])
    }

    private func run(_ words: [String], _ server: TestServer) async throws -> String {
        let run = try await longhaul(
            words, environment: ["LONGHAUL_SERVER": server.address], folder: server.folder.path)
        #expect(run.code == 0, "\(words): \(run)")
        return run.output
    }

    @Test func commandsFollowAJobFromSubmissionToArtifacts() async throws {
        let server = try await workshop()
        let submitted = try JSONValue(
            parsing: try await run(
                [
                    "submit", "write", "--payload", #"{"n": 1}"#, "--priority", "7", "--tag", "a=b",
                    "--actor",
                    "me", "--wait", "--json",
                ], server))
        #expect(try submitted.string("state") == "completed")
        #expect(try submitted.int("priority") == 7)
        #expect(try submitted.value("tags") == ["a": "b"])
        #expect(try submitted.string("actor") == "me")
        let id = try submitted.string("id")

        #expect(try await run(["get", id], server).contains("completed"))
        #expect(try JSONValue(parsing: await run(["get", id, "--json"], server)).string("id") == id)
        let list = try JSONValue(
            parsing: await run(["list", "--json", "--state", "completed", "--tag", "a=b"], server))
        #expect(try list.count("items") == 1)
        #expect(try await run(["list"], server).contains(id))
        #expect(try await run(["list", "--state", "failed"], server).contains(id) == false)

        let logs = try await run(["logs", id], server)
        #expect(logs.contains("one") && logs.contains("two") && !logs.contains("::progress"))
        #expect(try await run(["logs", "-f", id], server) == logs)
        for line in try await run(["logs", "--json", id], server).split(separator: "\n") {
            #expect(try JSONValue(parsing: line).has("message"))
        }

        #expect(try await run(["artifacts", id], server).contains("greeting.txt"))
        let paths = try await run(["artifacts", id, "--download", "here"], server)
        #expect(paths == "here/greeting.txt\n")
        #expect(
            try String(contentsOfFile: server.folder.file("here/greeting.txt"), encoding: .utf8) == "hello")
    }

    @Test func payloadsComeFromFilesAndStandardInput() async throws {
        let server = try await TestServer()
        try server.folder.write("payload.json", #"{"big": 12345678901234567890}"#)
        let job = try JSONValue(
            parsing: await run(["submit", "a", "--payload", "@payload.json", "--json"], server))
        let id = try job.string("id")
        let stored = try await server.call("GET", "/v1/jobs/\(id)")
        // The number is printed exactly as it was sent.
        #expect("\(stored)".contains(#""payload":{"big": 12345678901234567890}"#), "\(stored)")
    }

    @Test func commandsShowQueuesAndHealthAndControlJobs() async throws {
        let server = try await TestServer()
        let id = try await run(["submit", "a", "--delay", "600"], server)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(try await run(["queues"], server).contains("default"))
        #expect(try await run(["health"], server) == "ready\n")
        #expect(try await run(["cancel", id], server) == "\(id) cancelled\n")
        #expect(try await run(["retry", id], server) == "\(id) pending\n")
        let queues = try JSONValue(parsing: await run(["queues", "--json"], server))
        #expect(try queues.int("items.0.depth") == 1)
    }
}
