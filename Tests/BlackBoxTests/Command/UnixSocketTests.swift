import Foundation
import LonghaulTestSupport
import Testing

/// A server on a Unix socket and its clients.
@Suite struct UnixSocketTests {
    private func start(_ folder: TemporaryFolder, _ more: [String] = []) throws -> LonghaulProcess {
        try LonghaulProcess(
            ["serve", "--listen", "unix:\(folder.file("server.sock"))"] + Pair.current.options(folder) + more,
            folder: folder.path)
    }

    @Test func commandsAndWorkersUseTheSocket() async throws {
        let folder = try TemporaryFolder()
        let server = try start(folder, ["--socket-mode", "0600"])
        let address = try await server.address()
        #expect(address == "unix:\(folder.file("server.sock"))")
        let attributes = try FileManager.default.attributesOfItem(atPath: folder.file("server.sock"))
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        let handlers = try folder.write(
            "handlers.json5", #"{ handlers: { echo: { command: ["echo", "{payload.text}"] } } }"#)
        let worker = try LonghaulProcess(["worker", "--server", address, "--handlers", handlers])
        let job = try await longhaul(
            ["submit", "echo", "--payload", #"{"text": "hello"}"#, "--wait"],
            environment: ["LONGHAUL_SERVER": address])
        #expect(job.code == 0, "\(job.errors) \(worker.errorText)")
        let id = job.output.split(separator: "\n").first.map(String.init) ?? ""
        let tail = try await longhaul(["logs", id, "--follow", "--server", address])
        #expect(tail.code == 0 && tail.output.contains("hello"), "\(tail)")
        worker.signal(SIGTERM)
        #expect(try await worker.exitCode() == 0)
        server.signal(SIGTERM)
        #expect(try await server.exitCode() == 0)
        #expect(!FileManager.default.fileExists(atPath: folder.file("server.sock")))
        let gone = try await longhaul(["health", "--server", address])
        #expect(gone.code == 3 && gone.errors.contains(address), "\(gone.errors)")
    }

    @Test func socketOfAKilledServerIsReplacedAndThatOfALivingOneIsNot() async throws {
        let folder = try TemporaryFolder()
        let first = try start(folder)
        _ = try await first.address()
        let other = try TemporaryFolder()
        let second = try await longhaul(
            ["serve", "--listen", "unix:\(folder.file("server.sock"))"] + Pair.current.options(other),
            folder: other.path)
        #expect(second.code == 1 && second.errors.contains("another server listens on it"), "\(second)")
        try await first.crash()
        #expect(FileManager.default.fileExists(atPath: folder.file("server.sock")))
        let third = try start(folder)
        let address = try await third.address()
        #expect(try await longhaul(["queues", "list", "--server", address]).code == 0)
    }

    @Test func portAndSocketServeTogether() async throws {
        let folder = try TemporaryFolder()
        let socket = folder.file("server.sock")
        let server = try await TestServer("serve", ["--listen", "unix:\(socket)"])
        let line = try JSONValue(parsing: server.process.outputText.prefix { $0 != "\n" })
        #expect(try line.strings("addresses.*") == [server.address, "unix:\(socket)"])
        let id = try await server.submit(#"{"kind": "a"}"#)
        let job = try await longhaul(["get", id, "--json", "--server", "unix:\(socket)"])
        #expect(try JSONValue(parsing: job.output).string("kind") == "a")
    }

    @Test func badAddressesAndModesAreUsageErrors() async throws {
        for (options, word) in [
            (["--listen", "unix:"], "unix:PATH"), (["--listen", "unix:/none/server.sock"], "No such file"),
            (["--listen", "127.0.0.1:0", "--socket-mode", "0777"], "permissions"),
        ] {
            let folder = try TemporaryFolder()
            let result = try await longhaul(["serve"] + options, folder: folder.path)
            #expect(result.code == 2 && result.errors.contains(word), "\(options): \(result)")
        }
    }
}
