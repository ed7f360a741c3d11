import Foundation
import LonghaulTestSupport
import Testing

/// The steps of docs/deployment.md, as a reader types them.
@Suite struct DeploymentGuideTests {
    /// The shell commands in a section of the page, one text for each block.
    private func blocks(of section: String) throws -> [String] {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let page = try String(contentsOf: root.appending(path: "docs/deployment.md"), encoding: .utf8)
        let sections = page.components(separatedBy: "\n## ")
        let text = try #require(sections.first { $0.hasPrefix(section + "\n") })
        return text.components(separatedBy: "```sh\n").dropFirst().map { block in
            block.components(separatedBy: "\n```")[0]
        }
    }

    /// Runs commands in a folder, where `longhaul` is the binary under test.
    private func shell(_ commands: String, in folder: TemporaryFolder) throws -> LonghaulProcess {
        try folder.write(
            "bin/longhaul", "#!/bin/sh\nexec '\(LonghaulProcess.binary)' \"$@\"\n", executable: true)
        let path = folder.file("bin") + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")
        let script = try folder.write("\(UUID().uuidString).sh", "set -e\n" + commands)
        return try LonghaulProcess(
            [script], environment: ["PATH": path], folder: folder.path, executable: "/bin/bash")
    }

    @Test func privateAuthorityServerWorkerAndClientCertificateWorkAsWritten() async throws {
        let folder = try TemporaryFolder()
        func shell(_ commands: String) throws -> LonghaulProcess { try self.shell(commands, in: folder) }
        let steps = try blocks(of: "A server for other machines")
        try #require(steps.count == 5)
        let certificates = try shell(steps[0].replacing("server=jobs.example.com", with: "server=localhost"))
        #expect(try await certificates.exitCode() == 0, "\(certificates.errorText)")
        // With a port that is free.
        let start = steps[1].replacing("0.0.0.0:8443", with: "0.0.0.0:0")
        #expect(start != steps[1])
        let server = try shell("exec " + start)
        let port = try await server.address().split(separator: ":").last.map(String.init) ?? ""
        let key = String(try #require(server.errorText.firstMatch(of: /lh_live_\w+/)).output)
        func here(_ text: String) -> String {
            text.replacing("jobs.example.com:8443", with: "localhost:\(port)").replacing(
                "lh_live_…", with: key)
        }
        #expect(here(steps[2]) != steps[2])
        let keys = try shell(here(steps[2]))
        #expect(try await keys.exitCode() == 0, "\(keys.errorText)")
        let work = here(steps[3]).replacing("longhaul worker", with: "exec longhaul worker")
            // A busy machine may exceed the time in which a client connects.
            .replacing("longhaul health --live", with: "until longhaul health --live; do sleep 0.2; done")
        let worker = try shell(work)
        try await eventually("the worker takes jobs: \(worker.errorText)") {
            worker.errorText.contains("working on")
        }
        let submit = try shell(here(steps[4]))
        #expect(
            try await submit.exitCode() == 0, "\(submit.errorText) \(worker.errorText) \(server.errorText)")
        worker.signal(SIGTERM)
        #expect(try await worker.exitCode() == 0, "\(worker.errorText)")
        server.signal(SIGTERM)
        #expect(try await server.exitCode() == 0, "\(server.errorText)")

        let clientSteps = try blocks(of: "TLS")
        try #require(clientSteps.count == 1)
        let identity = try shell(clientSteps[0])
        #expect(try await identity.exitCode() == 0, "\(identity.errorText)")
        let strict = try shell("exec " + start + " --tls-client-ca ca.pem")
        let secondPort = try await strict.address().split(separator: ":").last.map(String.init) ?? ""
        let options = "--server https://localhost:\(secondPort) --ca-file ca.pem"
        let health = try shell(
            "longhaul health --live \(options) --client-cert worker-1.pem --client-key worker-1.key")
        #expect(try await health.exitCode() == 0, "\(health.errorText)")
        #expect(try await shell("longhaul health --live \(options)").exitCode() == 3)
    }

    @Test func keysOfTheContainersWorkAsWritten() async throws {
        let folder = try TemporaryFolder()
        let steps = try blocks(of: "Containers").filter { $0.contains("keys generate") }
        try #require(steps.count == 1)
        let keys = try shell(steps[0], in: folder)
        #expect(try await keys.exitCode() == 0, "\(keys.errorText)")
        func key(_ name: String) -> [String] {
            ["--key-file", folder.file("deploy/docker/secrets/\(name)-key")]
        }
        let server = try shell(
            "exec longhaul serve --listen 0.0.0.0:0 --api-keys-file deploy/docker/secrets/api-keys "
                + "--webhook-secret-file deploy/docker/secrets/webhook-secret",
            in: folder)
        let port = try await server.address().split(separator: ":").last.map(String.init) ?? ""
        let client = ["--server", "http://127.0.0.1:\(port)"]
        #expect(try await longhaul(["health"] + client).code == 4)
        #expect(try await longhaul(["health", "--live"] + client).code == 0)
        try await expectReady(client + key("metrics"))
        let handlers = try folder.write(
            "handlers.json5", #"{ handlers: { ok: { command: ["true"] } } }"#)
        let worker = try LonghaulProcess(["worker", "--handlers", handlers] + client + key("worker"))
        let job = try await longhaul(["submit", "ok", "--wait"] + client + key("admin"))
        #expect(job.code == 0, "\(job.errors) \(worker.errorText) \(server.errorText)")
    }
}
