import Foundation
import LonghaulTestSupport
import Testing

/// The commands `tail` and `top`, shell completion and the manual page.
@Suite struct CommandTests {
    @Test func topPrintsOnceIntoAPipe() async throws {
        let server = try await TestServer()
        _ = try await server.submit(#"{"kind": "a", "queue": "mail"}"#)
        _ = try await server.lease(queue: "mail", worker: "worker-7")
        let text = try await longhaul(["top", "--server", server.address])
        #expect(text.code == 0 && text.output.contains("QUEUE") && text.output.contains("mail"))
        #expect(text.output.contains("worker-7  healthy") && !text.output.contains("\u{1B}"))
        let json = try await longhaul(["top", "--json", "--server", server.address])
        let object = try JSONValue(parsing: json.output)
        #expect(try object.string("queues.0.name") == "mail")
        #expect(try object.string("workers.0.state") == "healthy")
    }

    @Test func tailPrintsChangesOfItsQueue() async throws {
        let server = try await TestServer()
        let tail = try LonghaulProcess(["tail", "--server", server.address, "--queue", "mail", "--json"])
        // A test cannot see when the stream has begun, so it submits jobs until the command prints a change.
        try await eventually("a change is printed: \(tail.errorText)") {
            _ = try await server.submit(#"{"kind": "noise", "queue": "other"}"#)
            _ = try await server.submit(#"{"kind": "send", "queue": "mail"}"#)
            return tail.outputText.contains("\n")
        }
        let change = try JSONValue(parsing: tail.outputText.prefix { $0 != "\n" })
        #expect(try change.string("kind") == "send" && change.string("state") == "pending")
        #expect(!tail.outputText.contains("noise"))
        tail.signal(SIGINT)
        _ = try await tail.exitCode()
    }

    private func complete(_ words: String..., in script: String) async throws -> [String] {
        let quoted = words.map { "'\($0)'" }.joined(separator: " ")
        let program = """
            source '\(script)'; COMP_WORDS=(\(quoted)); COMP_CWORD=\(words.count - 1); _longhaul
            printf '%s\\n' "${COMPREPLY[@]}"
            """
        let result = try await longhaul(["-c", program], executable: "/bin/bash")
        #expect(result.code == 0 && result.errors.isEmpty, "\(result)")
        return result.output.split(separator: "\n").map(String.init)
    }

    @Test func bashCompletes() async throws {
        let folder = try TemporaryFolder()
        let script = try folder.write("longhaul.bash", try await longhaul(["completion", "bash"]).output)
        #expect(try await complete("longhaul", "sub", in: script) == ["submit"])
        #expect(try await complete("longhaul", "autoscale", "--max", in: script) == ["--max-workers"])
        #expect(try await complete("longhaul", "serve", "--log-format", "j", in: script) == ["json"])
        #expect(try await complete("longhaul", "completion", "z", in: script) == ["zsh"])
    }

    @Test(arguments: ["zsh", "fish"]) func otherShellsGetEveryOption(_ shell: String) async throws {
        let script = try await longhaul(["completion", shell]).output
        for word in ["autoscale", "max-workers", "otlp-endpoint", "dead-letters"] {
            #expect(script.contains(word), "\(word)")
        }
        let path = "/usr/bin/\(shell)"
        guard FileManager.default.isExecutableFile(atPath: path) else { return }
        let folder = try TemporaryFolder()
        let check = try await longhaul(["-n", try folder.write("script", script)], executable: path)
        #expect(check.code == 0, "\(check.errors)")
    }

    @Test func anUnknownShellIsRefused() async throws {
        #expect(try await longhaul(["completion", "tcsh"]).code == 2)
    }

    @Test func manualListsEveryCommandAndOption() async throws {
        let manual = try await longhaul(["help", "--man"])
        #expect(manual.code == 0 && manual.output.hasPrefix(".TH LONGHAUL 1"))
        for word in [".SS longhaul autoscale", "\\-\\-max\\-workers", "LONGHAUL_OTLP_ENDPOINT"] {
            #expect(manual.output.contains(word), "\(word)")
        }
        guard FileManager.default.isExecutableFile(atPath: "/usr/bin/groff") else { return }
        let folder = try TemporaryFolder()
        let page = try folder.write("longhaul.1", manual.output)
        let check = try await longhaul(["-man", "-ww", "-Tutf8", page], executable: "/usr/bin/groff")
        #expect(check.code == 0 && check.errors.isEmpty, "\(check.errors)")
    }
}
