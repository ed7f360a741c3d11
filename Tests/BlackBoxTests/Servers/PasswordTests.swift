import LonghaulTestServers
import LonghaulTestSupport
import Testing

/// Passwords in the URLs of backends are used, and never appear in output.
@Suite struct PasswordTests {
    @Test func passwordOfTheQueueIsUsed() async throws {
        let redis = try RedisServer(password: "a:p@ss")
        let folder = try TemporaryFolder()
        let process = try LonghaulProcess(
            [
                "serve", "--listen", "127.0.0.1:0", "--queue",
                "redis://:a%3Ap%40ss@127.0.0.1:\(redis.port)",
            ] + Pair.current.storage(folder), folder: folder.path)
        let address = try await process.address()
        try await expectReady(["--server", address])
        #expect(try redis.command("PING") == "PONG")
    }

    @Test(arguments: ["amqp", "redis"]) func passwordOfTheQueueIsNotShown(_ scheme: String) async throws {
        let folder = try TemporaryFolder()
        for url in ["\(scheme)://me:hid@den@host:port", "\(scheme)://me:hidden@host?what=1"] {
            let run = try await longhaul(
                ["serve", "--listen", "127.0.0.1:0", "--queue", url] + Pair.current.storage(folder))
            #expect(run.code != 0)
            #expect(run.errors.contains("cannot open \(scheme)://…"), "\(run)")
            #expect(!run.errors.contains("hid") && !run.errors.contains("den"), "\(run)")
        }
    }

    @Test func passwordOfTheStoreIsNotShown() async throws {
        let folder = try TemporaryFolder()
        let store = "postgres://me:hidden@127.0.0.1:1/jobs?password=hidden&sslpass%77ord=hidden"
        let run = try await longhaul(
            [
                "serve", "--listen", "127.0.0.1:0", "--store", store,
                "--artifacts", "file:" + folder.file("artifacts"),
            ], folder: folder.path)
        #expect(run.code != 0)
        #expect(run.errors.contains("cannot open postgres://…@127.0.0.1:1/jobs?…: "), "\(run)")
        #expect(!run.errors.contains("hidden"), "\(run)")
    }
}
