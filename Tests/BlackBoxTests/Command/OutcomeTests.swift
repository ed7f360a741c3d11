import LonghaulTestSupport
import Testing

/// The outcome of a followed log, and the words of options.
@Suite struct OutcomeTests {
    @Test func aFollowedLogEndsWithTheOutcomeOfTheJob() async throws {
        let folder = try TemporaryFolder()
        let handlers = try folder.write(
            "handlers.json5", #"{ handlers: { "bad": { command: ["sh", "-c", "echo broken; exit 65"] } } }"#)
        let server = try await TestServer("up", in: folder, ["--handlers", handlers])
        let id = try await server.submit(#"{"kind": "bad"}"#)
        let log = try await longhaul(["logs", id, "--follow", "--server", server.address])
        #expect(log.code == 1 && log.output.contains("broken"), "\(log)")
        #expect(log.errors.contains("\(id) failed: exit_65"), "\(log)")
        let json = try await longhaul(["logs", id, "--follow", "--json", "--server", server.address])
        #expect(json.code == 1 && json.errors.contains("failed"), "\(json)")
    }

    @Test func aWorkersHelpListsTheOptionsThatApply() async throws {
        let remote = try await longhaul(["worker", "--help"]).output
        #expect(remote.contains("--server") && remote.contains("--handlers") && remote.contains("--store"))
        #expect(!remote.contains("--retention-completed") && !remote.contains("--max-depth"))
        let local = try await longhaul(["worker", "--store", "sqlite:a.db", "--help"]).output
        #expect(local.contains("--retention-completed") && local.contains("--handlers"))
        #expect(!local.contains("--key-file"))
    }

    @Test func labelsHaveOneName() async throws {
        let server = try await TestServer()
        let submitted = try await longhaul([
            "submit", "a", "--labels", "gpu=1,zone=b", "--server", server.address, "--json",
        ])
        #expect(submitted.code == 0, "\(submitted)")
        let labels = try JSONValue(parsing: submitted.output)
        #expect(try labels.string("labels.gpu") == "1" && labels.string("labels.zone") == "b")
    }
}
