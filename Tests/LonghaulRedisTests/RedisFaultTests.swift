import LonghaulBroker
import LonghaulCore
import LonghaulRedis
import LonghaulTestServers
import LonghaulTestSupport
import Testing

/// Faults of Redis: lost data, interruptions, and invalid configurations.
@Suite struct RedisFaultTests {
    private let ids = JobIDGenerator(time: SystemTime(), random: SystemRandom())
    private let interest = QueueInterest(queues: ["default"], kinds: ["work"])

    private func entries(_ count: Int) -> [QueueEntry] {
        (0..<count).map { _ in QueueEntry(id: ids.next(), queue: "default", kind: "work", priority: 5) }
    }

    private func soon(_ seconds: Double = 60) -> Timestamp { SystemTime().now().adding(seconds: seconds) }

    /// Repeats a call until it succeeds, like the engine.
    private func insist<Value>(_ body: () async throws -> Value) async throws -> Value {
        try await retrying(if: { ($0 as? LonghaulError)?.isTransient == true }, body)
    }

    @Test func consumingContinuesAfterRedisWasEmptied() async throws {
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
            Issue.record("no jobs arrived")
            return
        }
        #expect(Set(got).isSubset(of: Set(fresh.map(\.id))))
        await queue.close()
    }

    @Test(arguments: [false, true]) func consumingContinuesAfterRedisWasUnavailable(isSecure: Bool)
        async throws
    {
        let server = try RedisServer(isSecure: isSecure)
        let queue = try server.queue(isSecure ? "?ca=\(server.certificate)" : "")
        try await queue.publish(entries(1))
        #expect(try await queue.receive(interest, limit: 1, until: soon()) != .none)
        server.kill()
        // Waiting and publishing fail at once.
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

    @Test func messageThatIsNotAnIDIsRemoved() async throws {
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
        try await eventually("the queue is empty") { try await queue.held(of: "default") == 0 }
        await queue.close()
    }

    /// Connects and checks the connection. Repeats it for a while, because connections time out if the machine stalls.
    private func connect(_ url: String) async throws {
        try await insist { try RedisTransport(try RedisAddress(url)).check() }
    }

    @Test func authenticatesWithUserAndPassword() async throws {
        let server = try RedisServer()
        try server.command("ACL", "SETUSER", "worker", "on", ">p@ss:word", "~mine:*", "+@all")
        try await connect("redis://worker:p%40ss%3Aword@127.0.0.1:\(server.port)/2?prefix=mine")
        let detail = try await connectionError(
            "redis://worker:wrong@127.0.0.1:\(server.port)", containing: "WRONGPASS")
        #expect(!detail.contains("wrong@"))
    }

    @Test func findsTheMasterThroughSentinels() async throws {
        let server = try RedisServer()
        let sentinel = try RedisSentinel(watching: server)
        // The first sentinel does not answer.
        let sentinels = "127.0.0.1:1,127.0.0.1:\(sentinel.port)"
        try await connect("redis+sentinel://\(sentinels)/main")
        try await connectionError("redis+sentinel://\(sentinels)/other", containing: "no sentinel knows")
    }

    /// Fails to connect, and returns the error. The error may differ for a while if the machine stalls.
    @discardableResult
    private func connectionError(_ url: String, containing words: String) async throws -> String {
        var detail = ""
        try await eventually("the error \"\(detail)\" contains \(words)") {
            let error = #expect(throws: LonghaulError.self) { try RedisTransport(try RedisAddress(url)) }
            #expect(error?.code == .unavailable)
            detail = error?.detail ?? ""
            return detail.contains(words)
        }
        return detail
    }

    @Test func onlyTrustedCertificatesAreAccepted() async throws {
        let server = try RedisServer(isSecure: true)
        let trust = "?ca=\(server.certificate)"
        try await connect(server.url + trust)
        try await connect("rediss://localhost:\(server.port)" + trust)
        let rejected = "certificate of Redis is not accepted: "
        try await connectionError(server.url, containing: rejected + "self-signed")
        try await connectionError(
            "rediss://127.0.0.2:\(server.port)" + trust, containing: rejected + "IP address mismatch")
        try await connectionError(server.url + "?ca=/nowhere.pem", containing: "/nowhere.pem cannot be read")
        // A plain connection to a TLS server, and a TLS connection to a plain server.
        try await connectionError("redis://127.0.0.1:\(server.port)", containing: "broke")
        let plain = try RedisServer()
        try await connectionError(
            "rediss://127.0.0.1:\(plain.port)" + trust, containing: "TLS handshake failed")
    }

    @Test func clientCertificateIsPresentedToTheServer() async throws {
        let server = try RedisServer(isSecure: true)
        try server.command("CONFIG", "SET", "tls-auth-clients", "yes")
        let trust = server.url + "?ca=\(server.certificate)"
        #expect(throws: LonghaulError.self) { try RedisTransport(try RedisAddress(trust)) }
        let known = trust + "&cert=\(server.certificate)&key=\(server.key)"
        try await connect(known)
        try await connectionError(trust + "&cert=\(server.certificate)&key=/nowhere", containing: "/nowhere")
    }

    static let bad = [
        "redis:", "redis://", "redis://host:port", "redis://host:99999", "redis://host/one", "redis://a,b",
        "redis://host?timeout=3", "redis://host?prefix=", "redis+sentinel://a,b", "redis+sentinel://a/",
        "redis://host?ca=a.pem", "rediss://host?cert=a.pem", "rediss://host?key=a.pem", "rediss://host?ca",
        "rediss://host?prefix=a&timeout=3", "redis", "http://host",
    ]

    @Test(arguments: bad) func invalidAddressIsRejected(_ url: String) {
        let error = #expect(throws: LonghaulError.self) { try RedisAddress(url) }
        #expect(error?.code == .invalidRequest)
    }
}
