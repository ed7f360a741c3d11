import Foundation
import LonghaulTestSupport
import Testing

/// `longhaul keys`, and commands with a key.
@Suite struct KeysCommandTests {
    private func keys(_ server: TestServer, _ words: [String], key: String? = nil) async throws -> String {
        let result = try await longhaul(
            ["keys"] + words + ["--server", server.address],
            environment: key.map { ["LONGHAUL_API_KEY": $0] } ?? [:])
        guard result.code == 0 else { throw TestFailure("\(words): \(result)") }
        return result.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    @Test func keysAreCreatedListedRotatedAndRevoked() async throws {
        let server = try await TestServer()
        let admin = try await keys(server, ["create", "boss", "--scopes", "admin"])
        #expect(admin.hasPrefix("lh_live_"))
        let old = try await keys(
            server,
            [
                "create", "shop", "--scopes", "jobs:submit,jobs:read", "--queues", "mail*", "--expires",
                "90d",
                "--env", "test",
            ], key: admin)
        #expect(old.hasPrefix("lh_test_"))
        let list = try await keys(server, ["list"], key: admin)
        #expect(
            list.contains("shop") && list.contains("mail*") && list.contains("active") && !list.contains(old))
        let new = try await keys(server, ["rotate", "shop", "--overlap", "1h"], key: admin)
        for key in [old, new] {
            #expect(try await server.call("GET", "/v1/jobs", key: key).status == 200)
        }
        _ = try await keys(server, ["revoke", "shop"], key: admin)
        for key in [old, new] {
            #expect(try await server.call("GET", "/v1/jobs", key: key).status == 401)
        }
        let refused = try await longhaul(["keys", "list", "--server", server.address])
        #expect(refused.code == 4 && refused.errors.contains("unauthorized"), "\(refused)")
        let forbidden = try await longhaul(
            ["keys", "revoke", "unknown", "--server", server.address],
            environment: ["LONGHAUL_API_KEY": admin]
        )
        #expect(forbidden.code == 5, "\(forbidden)")
    }

    @Test func commandsAndWorkersSendTheirKey() async throws {
        let server = try await TestServer()
        let admin = try await server.key("boss", "admin")
        let file = server.folder.file("worker.key")
        let worker = try await server.key("worker", "work", by: admin)
        try Data("\(worker)\n".utf8).write(to: URL(fileURLWithPath: file))
        let handlers = server.folder.file("handlers.json5")
        try Data(#"{handlers: {a: {command: ["true"]}}}"#.utf8).write(to: URL(fileURLWithPath: handlers))
        let process = try LonghaulProcess([
            "worker", "--server", server.address, "--handlers", handlers, "--key-file", file,
        ])
        let submitter = try await server.key("shop", "jobs:submit,jobs:read", by: admin)
        let submit = ["submit", "a", "--server", server.address, "--wait"]
        let done = try await longhaul(submit, environment: ["LONGHAUL_API_KEY": submitter])
        #expect(done.code == 0, "\(done)")
        #expect(try await longhaul(submit).code == 4)
        #expect(try await longhaul(submit, environment: ["LONGHAUL_API_KEY": worker]).code == 4)
        // The worker uses the new key of its file as soon as the old one is refused.
        let rotated = try await server.call(
            "POST", "/v1/keys/\(worker.split(separator: "_")[2])/rotate", #"{"overlap_seconds": 0}"#,
            key: admin)
        try Data(try rotated.string("key").utf8).write(to: URL(fileURLWithPath: file))
        let again = try await longhaul(submit, environment: ["LONGHAUL_API_KEY": submitter])
        #expect(again.code == 0, "\(again) \(process.errorText)")
        let missing = try await longhaul(submit + ["--key-file", "/nowhere/key"])
        #expect(missing.code == 2 && missing.errors.contains("/nowhere/key"), "\(missing)")
    }

    @Test func aServerForOtherMachinesStartsWithItsFirstKey() async throws {
        let folder = try TemporaryFolder()
        let words = ["serve", "--listen", "0.0.0.0:0"] + (try Pair.current.options(folder))
        let first = try LonghaulProcess(words, folder: folder.path)
        let address = try await first.address()
        let pattern = /lh_live_[0-9a-f]{16}_[0-9A-Za-z]{49}/
        let key = String(try #require(first.errorText.firstMatch(of: pattern)).output)
        let list = ["keys", "list", "--server", address]
        #expect(try await longhaul(list).code == 4)
        let listed = try await longhaul(list, environment: ["LONGHAUL_API_KEY": key])
        #expect(listed.code == 0 && listed.output.contains("admin"), "\(listed)")
        first.signal(SIGTERM)
        #expect(try await first.exitCode() == 0)
        let second = try LonghaulProcess(words, folder: folder.path)
        let next = try await second.address()
        #expect(second.errorText.firstMatch(of: pattern) == nil)
        let again = try await longhaul(
            ["keys", "list", "--server", next], environment: ["LONGHAUL_API_KEY": key])
        #expect(again.code == 0, "\(again)")
    }

    @Test func keysOfAFileAreValidAndFollowItsChanges() async throws {
        let folder = try TemporaryFolder()
        func entry(_ name: String) async throws -> (line: String, key: String) {
            let made = try await longhaul(["keys", "generate", name, "--scopes", "admin"])
            return (made.output, try JSONValue(parsing: made.output).string("key"))
        }
        let path = folder.file("keys.json5")
        func write(_ text: String) throws {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        }
        let (one, two) = (try await entry("one"), try await entry("two"))
        try write("{ keys: [\(one.line)] }")
        let server = try await TestServer(in: folder, ["--api-keys-file", path])
        #expect(try await server.call("GET", "/v1/jobs").status == 401)
        let list = try await server.call("GET", "/v1/keys", key: one.key)
        #expect(try list.strings("items.*.source") == ["file"])
        let id = one.key.split(separator: "_")[2]
        #expect(try await server.call("DELETE", "/v1/keys/\(id)", key: one.key).status == 409)
        try write("{ keys: [\(two.line)] }")
        try await eventually("the file is read again") {
            try await server.call("GET", "/v1/jobs", key: two.key).status == 200
        }
        #expect(try await server.call("GET", "/v1/jobs", key: one.key).status == 401)
        // A broken file leaves the keys as they are.
        try write("{ keys: [")
        try await eventually("the fault is logged") { server.process.errorText.contains("is invalid") }
        #expect(try await server.call("GET", "/v1/jobs", key: two.key).status == 200)
        try write("{ keys: [{name: \"a\", scopes: [\"work\"], key: \"secret-text\"}] }")
        let refused = try await longhaul(
            [
                "serve", "--listen", "127.0.0.1:0", "--store", "sqlite:\(folder.file("x.db"))",
                "--api-keys-file", path,
            ])
        #expect(refused.code == 1 && refused.errors.contains("/keys/0/key"), "\(refused)")
        #expect(!refused.errors.contains("secret-text"))
        try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: path)
        let open = try await longhaul(
            [
                "serve", "--listen", "127.0.0.1:0", "--store", "sqlite:\(folder.file("x.db"))",
                "--api-keys-file", path,
            ])
        #expect(open.code == 1 && open.errors.contains("0600"), "\(open)")
    }

    @Test func aLostKeyIsReplacedInTheStore() async throws {
        let server = try await TestServer()
        _ = try await server.key("boss", "admin")
        let options = try Pair.current.options(server.folder)
        let store = try #require(options.firstIndex(of: "--store")).advanced(by: 1)
        let create = ["keys", "create", "rescue", "--scopes", "admin", "--store", options[store]]
        if Pair.current.store == .sqlite {
            let busy = try await longhaul(create, folder: server.folder.path)
            #expect(busy.code != 0 && busy.errors.contains("is in use"), "\(busy)")
            server.process.signal(SIGTERM)
            _ = try await server.process.exitCode()
        }
        let made = try await longhaul(create, folder: server.folder.path)
        #expect(made.code == 0, "\(made)")
        let key = made.output.trimmingCharacters(in: .whitespacesAndNewlines)
        let running = Pair.current.store == .sqlite ? try await TestServer(in: server.folder) : server
        try await eventually("the server knows the key") {
            try await running.call("GET", "/v1/keys", key: key).status == 200
        }
    }
}
