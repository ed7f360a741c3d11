import Foundation
import LonghaulTestSupport
import Testing

/// The projects that `longhaul new` writes run as they are.
@Suite struct NewCommandTests {
    private static let tests = [
        "python": ["/usr/bin/env", "python3", "-m", "unittest"],
        "node": ["/usr/bin/env", "node", "--test"], "shell": ["/bin/sh", "test.sh"],
    ]

    @Test(arguments: ["python", "node", "shell"]) func aProjectRunsAndItsTestPasses(_ language: String)
        async throws
    {
        let folder = try TemporaryFolder()
        let written = try await longhaul(["new", language, "shop/greetings"], folder: folder.path)
        #expect(written.code == 0 && written.output.contains("README.md"), "\(written)")
        let project = folder.file("shop/greetings")
        let words = try #require(Self.tests[language])
        let test = try await longhaul(Array(words.dropFirst()), folder: project, executable: words[0])
        #expect(test.code == 0, "\(test)")
        let server = try await TestServer("up", ["--handlers", project + "/handlers.json5"])
        let answer = try await server.call(
            "POST", "/v1/jobs?wait_seconds=60", #"{"kind": "greet", "payload": {"name": "Ada \"x\" \\"}}"#)
        #expect(try answer.string("result.greeting") == #"Hello, Ada "x" \!"#, "\(answer)")
        let bad = try await server.call(
            "POST", "/v1/jobs?wait_seconds=60", #"{"kind": "greet", "payload": {}}"#)
        #expect(try bad.string("state") == "failed" && bad.int("attempt") == 1, "\(bad)")
    }

    @Test func existingFilesStay() async throws {
        let folder = try TemporaryFolder()
        let own = try folder.write("greet.py", "mine")
        let refused = try await longhaul(["new", "python", "."], folder: folder.path)
        #expect(refused.code == 1 && refused.errors.contains("greet.py exists already"), "\(refused)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["greet.py"])
        #expect(try String(contentsOfFile: own, encoding: .utf8) == "mine")
        let other = try await longhaul(["new", "cobol"], folder: folder.path)
        #expect(other.code == 2 && other.errors.contains("python, node, swift, shell"), "\(other)")
        #expect(
            try await longhaul(["new", "shell"], folder: folder.path).output.contains(
                "longhaul-shell/test.sh"))
    }

    /// The folder of the compiled modules; nil if the tests run in another folder.
    private static var modules: String? {
        let folder = Bundle.main.bundleURL.deletingLastPathComponent().appendingPathComponent("Modules")
        return FileManager.default.fileExists(atPath: folder.path) ? folder.path : nil
    }

    @Test(.enabled(if: modules != nil)) func theSwiftProjectCompiles() async throws {
        let folder = try TemporaryFolder()
        let written = try await longhaul(["new", "swift", "."], folder: folder.path)
        #expect(written.code == 0, "\(written)")
        let modules = try #require(Self.modules)
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let flags =
            ["-swift-version", "6", "-warnings-as-errors", "-I", modules, "-I", folder.path]
            + (try Self.moduleMaps(root, modules)).flatMap { ["-Xcc", "-fmodule-map-file=\($0)"] }
        func compile(_ words: [String]) async throws {
            let run = try await longhaul(
                ["swiftc"] + words + flags, folder: folder.path, within: 300, executable: "/usr/bin/env")
            #expect(run.code == 0, "\(words): \(run.errors)")
        }
        try await compile([
            "-emit-module", "-parse-as-library", "-module-name", "Greetings", "Sources/Greetings/Greet.swift",
            "-o",
            "Greetings.swiftmodule",
        ])
        try await compile(["-typecheck", "Sources/greeter/main.swift"])
        try await compile(["-typecheck", "Tests/GreetingsTests/GreetTests.swift"])
        let package = try await longhaul(
            ["swift", "package", "--disable-sandbox", "dump-package"], folder: folder.path, within: 300,
            executable: "/usr/bin/env")
        #expect(package.code == 0, "\(package.errors)")
    }

    /// The module maps of the C libraries, on which the compiled modules depend.
    private static func moduleMaps(_ root: URL, _ modules: String) throws -> [String] {
        let built = URL(fileURLWithPath: modules).deletingLastPathComponent()
        return try [root.appendingPathComponent("Sources"), built].flatMap { folder in
            try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
                .map { folder.appendingPathComponent($0).appendingPathComponent("module.modulemap").path }
                .filter { FileManager.default.fileExists(atPath: $0) }
        }
    }
}
