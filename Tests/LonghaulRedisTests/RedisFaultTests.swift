import LonghaulBroker
import LonghaulCore
import LonghaulRedis
import LonghaulTestServers
import Testing

/// What a Redis does to its users: it forgets, goes away, and comes back empty.
@Suite struct RedisFaultTests {
    private let ids = JobIDGenerator(time: SystemTime(), random: SystemRandom())
    private let interest = QueueInterest(queues: ["default"], kinds: ["work"])

    private func entries(_ count: Int) -> [QueueEntry] {
        (0..<count).map { _ in QueueEntry(id: ids.next(), queue: "default", kind: "work", priority: 5) }
    }

    private func soon(_ seconds: Double = 30) -> Timestamp { SystemTime().now().adding(seconds: seconds) }

    /// Calls again until it succeeds, as the engine does.
    private func insist<Value>(_ body: () async throws -> Value) async throws -> Value {
        let deadline = soon()
        while true {
            do {
                return try await body()
            } catch let error as LonghaulError where error.isTransient && SystemTime().now() < deadline {
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    @Test func consumesAgainAfterItWasEmptied() async throws {
        let server = try RedisServer()
        let queue = try server.queue()
        try await queue.publish(entries(3))
        #expect(try await queue.receive(interest, limit: 10, until: soon()) != .none)
        try server.command("FLUSHALL")
        #expect(try await queue.held(of: "default") == 0)
        let fresh = entries(2)
        async let received = queue.receive(interest, limit: 10, until: soon())
        try await queue.publish(fresh)
        guard case .jobs(let got) = try await received else {
            Issue.record("nothing came")
            return
        }
        #expect(Set(got).isSubset(of: Set(fresh.map(\.id))))
        await queue.close()
    }

    @Test(arguments: [false, true]) func consumesAgainAfterItWasAway(isSecure: Bool) async throws {
        let server = try RedisServer(isSecure: isSecure)
        let queue = try server.queue(isSecure ? "?ca=\(server.certificate)" : "")
        try await queue.publish(entries(1))
        #expect(try await queue.receive(interest, limit: 1, until: soon()) != .none)
        server.kill()
        // Whoever waits hears of it at once, and whoever publishes too.
        await #expect(throws: LonghaulError.self) {
            while true { _ = try await queue.receive(interest, limit: 1, until: soon()) }
        }
        await #expect(throws: LonghaulError.self) { try await queue.publish(entries(1)) }
        await #expect(throws: LonghaulError.self) { try await queue.checkReady() }
        try server.restart()
        let fresh = entries(1)
        try await insist { try await queue.publish(fresh) }
        let delivery = try await insist { try await queue.receive(interest, limit: 1, until: soon()) }
        #expect(delivery == .jobs(fresh.map(\.id)))
        await queue.close()
    }

    @Test func whatIsNoIdentifierIsRemoved() async throws {
        let server = try RedisServer()
        let queue = try server.queue()
        try await queue.publish(entries(1))
        try server.command("XADD", "longhaul:lane:default:work:1", "*", "id", "rubbish")
        try server.command("XADD", "longhaul:lane:default:work:1", "*", "what", "else", "is", "this")
        let last = entries(1)
        try await queue.publish(last)
        var seen: Set<JobID> = []
        while !seen.contains(last[0].id) {
            guard case .jobs(let got) = try await queue.receive(interest, limit: 10, until: soon()) else {
                break
            }
            seen.formUnion(got)
            try await queue.acknowledge(got)
        }
        #expect(seen.count == 2)
        let deadline = soon()
        while try await queue.held(of: "default") != 0, SystemTime().now() < deadline {
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(try await queue.held(of: "default") == 0)
        await queue.close()
    }

    @Test func signsIn() async throws {
        let server = try RedisServer()
        try server.command("ACL", "SETUSER", "worker", "on", ">p@ss:word", "~mine:*", "+@all")
        let address = try RedisAddress("redis://worker:p%40ss%3Aword@127.0.0.1:\(server.port)/2?prefix=mine")
        try RedisTransport(address).check()
        let wrong = try RedisAddress("redis://worker:wrong@127.0.0.1:\(server.port)")
        let error = #expect(throws: LonghaulError.self) { try RedisTransport(wrong) }
        #expect(error?.detail.contains("WRONGPASS") == true)
        #expect(error?.detail.contains("wrong@") == false)
    }

    @Test func asksSentinelsForTheMaster() async throws {
        let server = try RedisServer()
        let sentinel = try RedisSentinel(watching: server)
        // The first one of the two does not answer.
        let sentinels = "127.0.0.1:1,127.0.0.1:\(sentinel.port)"
        try RedisTransport(try RedisAddress("redis+sentinel://\(sentinels)/main")).check()
        #expect(refusal("redis+sentinel://\(sentinels)/other")?.contains("no sentinel knows") == true)
    }

    private func refusal(_ url: String) -> String? {
        let error = #expect(throws: LonghaulError.self) { try RedisTransport(try RedisAddress(url)) }
        #expect(error?.code == .unavailable)
        return error?.detail
    }

    @Test func talksTLSOnlyToWhomItTrusts() async throws {
        let server = try RedisServer(isSecure: true)
        let trust = "?ca=\(server.certificate)"
        try RedisTransport(try RedisAddress(server.url + trust)).check()
        try RedisTransport(try RedisAddress("rediss://localhost:\(server.port)" + trust)).check()
        #expect(refusal(server.url)?.contains("certificate of Redis is not accepted: self-signed") == true)
        let elsewhere = refusal("rediss://127.0.0.2:\(server.port)" + trust)
        #expect(elsewhere?.contains("certificate of Redis is not accepted: IP address mismatch") == true)
        #expect(refusal(server.url + "?ca=/nowhere.pem")?.contains("/nowhere.pem cannot be read") == true)
        // In the open to a server that speaks TLS, and the other way round.
        #expect(refusal("redis://127.0.0.1:\(server.port)")?.contains("broke") == true)
        let open = try RedisServer()
        #expect(refusal("rediss://127.0.0.1:\(open.port)" + trust)?.contains("TLS failed") == true)
    }

    @Test func showsAServerWhoItIs() async throws {
        let server = try RedisServer(isSecure: true)
        try server.command("CONFIG", "SET", "tls-auth-clients", "yes")
        let trust = server.url + "?ca=\(server.certificate)"
        #expect(refusal(trust) != nil)
        let known = trust + "&cert=\(server.certificate)&key=\(server.key)"
        try RedisTransport(try RedisAddress(known)).check()
        #expect(refusal(trust + "&cert=\(server.certificate)&key=/nowhere")?.contains("/nowhere") == true)
    }

    static let bad = [
        "redis:", "redis://", "redis://host:port", "redis://host:99999", "redis://host/one", "redis://a,b",
        "redis://host?timeout=3", "redis://host?prefix=", "redis+sentinel://a,b", "redis+sentinel://a/",
        "redis://host?ca=a.pem", "rediss://host?cert=a.pem", "rediss://host?key=a.pem", "rediss://host?ca",
        "rediss://host?prefix=a&timeout=3", "redis", "http://host",
    ]

    @Test(arguments: bad) func refusesAddressesThatMakeNoSense(_ url: String) {
        let error = #expect(throws: LonghaulError.self) { try RedisAddress(url) }
        #expect(error?.code == .invalidRequest)
    }
}
