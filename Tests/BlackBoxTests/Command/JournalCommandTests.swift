import Foundation
import LonghaulTestSupport
import Testing

/// The commands for durable jobs.
@Suite struct JournalCommandTests {
    private func run(
        _ words: [String], _ server: TestServer, code: Int32 = 0
    ) async throws -> (output: String, errors: String) {
        let run = try await longhaul(
            words, environment: ["LONGHAUL_SERVER": server.address], folder: server.folder.path)
        #expect(run.code == code, "\(words): \(run)")
        return (run.output, run.errors)
    }

    @Test func commandsShowAndChangeADurableJob() async throws {
        let server = try await TestServer()
        let (id, _) = try await server.signalPath()
        let journal = try await run(["journal", id], server).output
        #expect(
            journal.contains("OPERATION") && journal.contains("confirmed") && journal.contains("expires in"))
        let json = try JSONValue(parsing: try await run(["journal", id, "--json"], server).output)
        #expect(try json.string("items.0.signal_token").hasPrefix("lhs_") && !json.has("next_cursor"))
        #expect(try await run(["list"], server).output.contains("waits for signal confirmed (in "))
        #expect(try await run(["get", id], server).output.contains("waits for signal confirmed (in "))
        #expect(try await run(["queues"], server).output.contains("SUSPENDED"))
        #expect(try await run(["pause", id], server).output == "\(id) suspended; paused\n")
        #expect(try await run(["resume", id], server).output == "\(id) suspended\n")
        try server.folder.write("value.json", #"{"by": "me"}"#)
        let words = ["signal", id, "confirmed", "--payload", "@value.json", "--key", "k"]
        #expect(try await run(words, server).output == "\(id) signal accepted\n")
        #expect(try await run(words, server).output == "\(id) signal was sent before\n")
        let copy = try await run(["fork", id, "--from", "0"], server).output
            .trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(
            try JSONValue(parsing: try await run(["get", copy, "--json"], server).output).string("kind")
                == "flow")
        let restarted = try await run(["restart", id, "--from", "0", "--json"], server).output
        #expect(try JSONValue(parsing: restarted).string("state") == "pending")
    }

    @Test func errorsHaveTheExitCodesOfOtherCommands() async throws {
        let server = try await TestServer()
        let id = try await server.submit(#"{"kind": "a"}"#)
        let unknown = "01890000-0000-7000-8000-000000000000"
        _ = try await run(["journal", unknown], server, code: 5)
        _ = try await run(["signal", unknown, "go"], server, code: 5)
        _ = try await run(["restart", id, "--from", "0"], server, code: 5)
        #expect(try await run(["restart", id], server, code: 2).errors.contains("--from"))
        #expect(try await run(["signal", id], server, code: 2).errors.contains("NAME"))
        #expect(
            try await run(["signal", id, "go", "--payload", "{"], server, code: 2).errors.contains("not JSON")
        )
        _ = try await run(["cancel", id], server)
        #expect(try await run(["signal", id, "go"], server, code: 4).errors.contains("conflict"))
        #expect(try await run(["pause", id], server, code: 4).errors.contains("conflict"))
    }
}
