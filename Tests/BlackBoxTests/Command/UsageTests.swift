import Foundation
import LonghaulTestSupport
import Testing

/// Help texts, and the errors for wrong usage.
@Suite struct UsageTests {
    /// The commands that the overview lists.
    private func commands() async throws -> [String] {
        let help = try await longhaul(["help"])
        #expect(help.code == 0)
        let lines = help.output.split(separator: "\n", omittingEmptySubsequences: false)
        let start = try #require(lines.firstIndex(of: "commands:"))
        let listed = lines[(start + 1)...].prefix { !$0.isEmpty }
        return listed.filter { $0.hasPrefix("  ") && !$0.hasPrefix("   ") }
            .compactMap { $0.split(separator: " ").first.map(String.init) }
    }

    @Test func everyCommandHasAHelpText() async throws {
        let commands = try await commands()
        #expect(Set(commands).isSuperset(of: ["serve", "worker", "up", "submit", "get", "wait", "logs"]))
        for command in commands {
            let help = try await longhaul([command, "--help"])
            #expect(help.code == 0, "\(command)")
            #expect(help.errors.isEmpty, "\(command): \(help.errors)")
            #expect(help.output.contains("usage: longhaul \(command)"))
            #expect(help.output.contains("\nexit codes:\n"))
            #expect(try await longhaul(["help", command]).output == help.output)
            let widest = help.output.split(separator: "\n").map(\.count).max() ?? 0
            #expect(widest <= 100, "\(command): a line of \(widest) characters")
        }
    }

    @Test func commandWithoutArgumentsIsAUsageError() async throws {
        let run = try await longhaul([])
        #expect(run.code == 2)
        #expect(run.output.isEmpty && run.errors.contains("commands:"))
    }

    static let mistakes: [(words: [String], says: String)] = [
        (["submitt", "x"], "unknown command submitt; did you mean submit?"),
        (["--json"], "expected a command before --json"),
        (["submit"], "KIND"),
        (["submit", "a", "b"], "\"b\""),
        (["submit", "a", "--priorty", "3"], "did you mean --priority?"),
        (["submit", "a", "--priority"], "--priority"),
        (["submit", "a", "--priority", "high"], "--priority: expected"),
        (["submit", "a", "--priority", "10"], "--priority: expected"),
        (["submit", "a", "--priority", "--json"], "--priority needs a value"),
        (["submit", "a", "--priority", "1", "--priority", "2"], "--priority is given more than once"),
        (["submit", "a", "--payload", "{"], "--payload: not JSON"),
        (["submit", "a", "--payload", "{\n  \"a\": x}"], "(line 2, column 8)"),
        (["submit", "a", "--payload", "@/nowhere/at/all"], "/nowhere/at/all"),
        (["submit", "a", "--delay=-1"], "--delay: expected"),
        (["get"], "ID"),
        (["get", "not-an-id"], "expected"),
        (["get", "--json=yes", "x"], "--json"),
        (["list", "--state", "done"], "--state: expected"),
        (["list", "--all", "--limit", "3"], "exclude each other"),
        (["serve", "--listen", "nonsense"], "--listen: expected"),
        (["serve", "--trace-link", "https://jaeger.example/"], "--trace-link: expected"),
        (["serve", "--store", "mysql://x"], "unknown scheme \"mysql:\""),
        (["worker", "--queues", "a=0"], "--queues: expected"),
        (["help", "nothing"], "unknown command nothing"),
    ]

    @Test(arguments: mistakes.indices) func usageErrorNamesTheMistake(_ index: Int) async throws {
        let (words, says) = Self.mistakes[index]
        let run = try await longhaul(words)
        #expect(run.code == 2, "\(words): \(run)")
        #expect(run.output.isEmpty)
        #expect(run.errors.contains(says), "\(words): \(run.errors)")
        #expect(run.errors.contains("see longhaul"))
    }

    /// A mistyped path must not look like an empty store.
    @Test(arguments: [
        ["keys", "list", "--store", "STORE"], ["keys", "revoke", "boss", "--store", "STORE"],
        ["audit", "--store", "STORE"], ["doctor", "--store", "STORE"],
        ["backup", "--store", "STORE", "--to", "copy.db"],
        ["migrate", "--from", "STORE", "--to", "postgres://user@127.0.0.1:1/nothing"],
    ])
    func aMissingStoreIsNotCreated(_ words: [String]) async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("none/longhaul.db")
        let run = try await longhaul(words.map { $0 == "STORE" ? "sqlite:\(path)" : $0 })
        #expect(run.code != 0, "\(words)")
        #expect(run.errors.contains("there is no store at \(path)"), "\(words): \(run.errors)")
        #expect(!FileManager.default.fileExists(atPath: folder.file("none")))
    }

    @Test func versionIsPrinted() async throws {
        #expect(try await longhaul(["version"]).output.hasPrefix("longhaul "))
        #expect(try await longhaul(["--version"]).code == 0)
        let json = try await longhaul(["version", "--json"]).output
        #expect(try JSONSerialization.jsonObject(with: Data(json.utf8)) is [String: String])
    }
}
