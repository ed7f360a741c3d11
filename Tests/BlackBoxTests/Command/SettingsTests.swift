import Foundation
import LonghaulTestSupport
import Testing

/// The sources of settings, and their precedence.
@Suite struct SettingsTests {
    /// The port that `health` tried to reach, from its error: no server listens on these ports.
    private func port(
        _ arguments: [String], _ environment: [String: String], in folder: TemporaryFolder
    ) async throws -> String {
        let run = try await longhaul(
            ["health"] + arguments, environment: environment, folder: folder.path)
        #expect(run.code == 3, "\(run)")
        return run.errors.firstMatch(of: /127\.0\.0\.1:(\d+)/).map { String($0.1) } ?? run.errors
    }

    @Test func firstSourceOfASettingWins() async throws {
        let folder = try TemporaryFolder()
        let variable = ["LONGHAUL_SERVER": "http://127.0.0.1:2"]
        #expect(try await port(["--server", "http://127.0.0.1:1"], variable, in: folder) == "1")
        #expect(try await port([], variable, in: folder) == "2")
        try folder.write("longhaul.json5", "{ server: 'http://127.0.0.1:3' } // the file of this folder")
        #expect(try await port([], variable, in: folder) == "2")
        #expect(try await port([], [:], in: folder) == "3")
        #expect(try await port([], ["LONGHAUL_SERVER": ""], in: folder) == "3")
        try folder.write("other.json5", "{ server: 'http://127.0.0.1:4', }")
        #expect(try await port([], ["LONGHAUL_CONFIG": "other.json5"], in: folder) == "4")
        #expect(
            try await port(["--config", folder.file("other.json5")], variable, in: folder) == "2")
    }

    @Test func invalidSettingIsReportedWithItsPlace() async throws {
        let folder = try TemporaryFolder()
        let unknown = try folder.write("unknown.json5", "{ sever: 'http://127.0.0.1:1' }")
        let run = try await longhaul(["health", "--config", unknown])
        #expect(run.code == 2)
        #expect(run.errors.contains(unknown) && run.errors.contains("sever"))
        #expect(run.errors.contains("did you mean"))

        let broken = try folder.write("broken.json5", "{\n  server: \n}")
        let other = try await longhaul(["health", "--config", broken])
        #expect(other.code == 2)
        #expect(other.errors.contains(broken) && other.errors.contains("line 3"), "\(other.errors)")

        let absent = try await longhaul(["health", "--config", folder.file("absent.json5")])
        #expect(absent.code == 2 && absent.errors.contains("absent.json5"))

        let variable = try await longhaul(
            ["serve"], environment: ["LONGHAUL_LISTEN": "nonsense"], folder: folder.path)
        #expect(variable.code == 2 && variable.errors.contains("LONGHAUL_LISTEN"), "\(variable.errors)")
    }

    @Test func allErrorsOfAHandlersFileAreReported() async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(
            "handlers.json5",
            "{ handlers: { a: { command: [] }, b: { comand: ['true'] }, 'c d': { command: ['true'], timeout_seconds: -1 } } }"
        )
        let run = try await longhaul(
            ["up", "--listen", "127.0.0.1:0", "--handlers", file] + Pair.current.options(folder))
        #expect(run.code == 2, "\(run)")
        for part in ["/handlers/a/command", "/handlers/b/comand", "/handlers/c d"] {
            #expect(run.errors.contains(part), "\(part) in \(run.errors)")
        }
    }
}
