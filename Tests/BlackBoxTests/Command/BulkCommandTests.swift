import LonghaulTestSupport
import Testing

/// Finds and changes many jobs with the command.
@Suite struct BulkCommandTests {
    private typealias Run = (code: Int32, output: String, errors: String)

    private func run(_ words: [String], _ server: TestServer, input: String? = nil) async throws -> Run {
        let environment = ["LONGHAUL_SERVER": server.address, "LONGHAUL": LonghaulProcess.binary]
        guard let input else {
            return try await longhaul(words, environment: environment, folder: server.folder.path)
        }
        try server.folder.write("input", input)
        return try await longhaul(
            ["-c", #"exec "$LONGHAUL" "$@" <input"#, "sh"] + words, environment: environment,
            folder: server.folder.path, executable: "/bin/sh")
    }

    private func output(
        _ words: [String], _ server: TestServer, input: String? = nil
    ) async throws -> String {
        let run = try await run(words, server, input: input)
        #expect(run.code == 0, "\(words): \(run)")
        return run.output
    }

    private func lines(
        _ words: [String], _ server: TestServer, input: String? = nil
    ) async throws -> [String] {
        try await output(words, server, input: input).split(separator: "\n").map(String.init)
    }

    @Test func linesOfStandardInputAreJobs() async throws {
        let server = try await TestServer()
        let jobs = (1...1500).map { #"{"kind": "mail.send", "payload": {"n": \#($0)}}"# }
        let ids = try await lines(["submit", "-"], server, input: jobs.joined(separator: "\n") + "\n\n")
        #expect(ids.count == 1500 && Set(ids).count == 1500)
        let last = try await server.call("GET", "/v1/jobs/\(ids[1499])")
        #expect(try last.int("payload.n") == 1500)
        let invalid = try await run(["submit", "-"], server, input: "{\"kind\": \"a\"}\n{\"kind\": 3}\n")
        #expect(invalid.code == 1 && invalid.errors.contains("line 2: /kind"), "\(invalid)")
        #expect(try await server.call("GET", "/v1/jobs?kind=a").count("items") == 0)
        let misuse = try await run(["submit", "-", "--priority", "3"], server, input: "{}")
        #expect(misuse.code == 2 && misuse.errors.contains("--priority"), "\(misuse)")
    }

    @Test func filtersSelectJobsToCancelRetryAndDelete() async throws {
        let server = try await TestServer()
        let jobs = (0..<30).map {
            #"{"kind": "\#($0 % 3 == 0 ? "mail.send" : "pdf")", "tags": {"n": "\#($0)"}}"#
        }
        _ = try await lines(["submit", "-"], server, input: jobs.joined(separator: "\n"))
        #expect(
            try await output(["cancel", "--kind", "mail.*", "--dry-run"], server)
                == "10 jobs would be cancelled\n")
        #expect(
            try await output(["cancel", "--kind", "mail.*", "--limit", "4"], server) == "4 jobs cancelled\n")
        #expect(try await output(["cancel", "--kind", "mail.*"], server) == "6 jobs cancelled\n")
        #expect(try await output(["retry", "--tag", "n=3"], server) == "1 job retried\n")
        #expect(try await output(["delete", "--state", "cancelled"], server) == "9 jobs deleted\n")
        #expect(try await output(["queues", "purge", "default"], server) == "21 jobs cancelled\n")
        #expect(try await output(["delete", "--all"], server) == "21 jobs deleted\n")
        let misuse = try await run(["cancel"], server)
        #expect(misuse.code == 2 && misuse.errors.contains("--all"), "\(misuse)")
        let mixed = try await run(["cancel", "00000000-0000-7000-8000-000000000000", "--kind", "a"], server)
        #expect(mixed.code == 2, "\(mixed)")
    }

    @Test func jobsAreFoundByTextTimeAndKind() async throws {
        let server = try await TestServer()
        let payload = #"{"to": "u3472@example.com"}"#
        let id = try await lines(["submit", "mail.send", "--payload", payload], server)[0]
        _ = try await lines(["submit", "pdf"], server)
        for filter in [
            ["--search", "U3472@"], ["--search", String(id.suffix(12))],
            ["--kind", "mail*", "--since", "1h"],
        ] {
            #expect(
                try await lines(["list", "--columns", "id"] + filter, server) == ["ID", id], "\(filter)")
        }
        #expect(try await lines(["list", "--columns", "kind,queue", "--until", "1h"], server).count == 1)
        let unknown = try await run(["list", "--columns", "size"], server)
        #expect(unknown.code == 2 && unknown.errors.contains("one of id, kind"), "\(unknown)")
    }

    @Test func aJobRunsNowAndIsCopied() async throws {
        let server = try await TestServer()
        let id = try await lines(["submit", "report", "--delay", "2h", "--payload", "1"], server)[0]
        #expect(try await output(["run-now", id], server) == "\(id) pending\n")
        #expect(try await run(["run-now", id], server).code == 4)
        let copy = try await lines(["copy", id, "--payload", "2", "--priority", "9"], server)[0]
        let job = try await server.call("GET", "/v1/jobs/\(copy)")
        #expect(try job.string("kind") == "report" && job.int("payload") == 2 && job.int("priority") == 9)
    }

    @Test func timesHaveUnits() async throws {
        let server = try await TestServer()
        let id = try await lines(["submit", "a", "--timeout", "90m", "--delay", "1d"], server)[0]
        #expect(try await server.call("GET", "/v1/jobs/\(id)").double("timeout_seconds") == 5400)
        for text in ["10x", "m", "-1s", "1e999", "nan", ""] {
            let run = try await run(["submit", "a", "--delay=\(text)"], server)
            #expect(run.code == 2 && run.errors.contains("--delay"), "\(text): \(run)")
        }
    }

    @Test func workersAreListedAndDeregistered() async throws {
        let server = try await TestServer()
        let body = #"{"worker": {"id": "w1", "name": "one"}, "queues": ["default"]}"#
        _ = try await server.call("POST", "/v1/leases", body)
        #expect(try await output(["workers"], server).contains("w1"))
        #expect(try await output(["workers", "delete", "w1"], server) == "deleted w1\n")
        #expect(try await run(["workers", "delete", "w1"], server).code == 5)
    }
}
