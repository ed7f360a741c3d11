import LonghaulBroker
import LonghaulCore
import LonghaulTestServers
import LonghaulTestSupport
import Testing

@testable import LonghaulRedis

/// One connection to Redis, without the threads of `BrokerQueue`.
@Suite struct RedisTransportTests {
    private let ids = JobIDGenerator(time: SystemTime(), random: SystemRandom())
    private let lane = Lane(queue: "default", kind: "work", band: .middle)

    private func entries(_ count: Int) -> [QueueEntry] {
        (0..<count).map { _ in QueueEntry(id: ids.next(), queue: "default", kind: "work", priority: 5) }
    }

    private func transport(_ server: RedisServer, _ options: String = "") throws -> RedisTransport {
        try RedisTransport(RedisAddress(server.url + options), idleSeconds: 0.05, reclaimSeconds: 0)
    }

    /// Fetches until all of these IDs have arrived.
    private func fetch(_ entries: [QueueEntry], _ transport: RedisTransport) async throws
        -> [BrokerDelivery<RedisTransport.Receipt>]
    {
        var found: [BrokerDelivery<RedisTransport.Receipt>] = []
        try await eventually("all IDs arrive") {
            found += try transport.fetch([lane], limit: 100, seconds: 0.01)
            return Set(found.map(\.id)).isSuperset(of: entries.map(\.id))
        }
        return found
    }

    @Test func rejectedPublicationIsAnError() throws {
        let server = try RedisServer()
        let transport = try transport(server)
        try transport.publish(entries(1))
        try server.command("CONFIG", "SET", "maxmemory", "1")
        #expect(throws: LonghaulError.self) { try transport.publish(entries(1)) }
        try server.command("CONFIG", "SET", "maxmemory", "0")
        try transport.publish(entries(1))
        #expect(try transport.held(of: "default", kinds: []) == 2)
    }

    @Test func otherServersLearnTheKindsOfAQueue() throws {
        let server = try RedisServer()
        let publisher = try transport(server)
        try publisher.publish(entries(1))
        try publisher.publish([QueueEntry(id: ids.next(), queue: "default", kind: "other", priority: 5)])
        try publisher.publish([QueueEntry(id: ids.next(), queue: "second", kind: "third", priority: 5)])
        #expect(try transport(server).kinds(of: "default") == ["work", "other"])
    }

    /// The kinds are lost too, and the publisher has stored them before.
    @Test func heldIDsAreCountedAfterRedisWasEmptied() throws {
        let server = try RedisServer()
        let publisher = try transport(server)
        try publisher.publish(entries(2))
        try server.command("FLUSHALL")
        try publisher.publish(entries(3))
        #expect(try publisher.held(of: "default", kinds: ["work"]) == 3)
        #expect(try transport(server).kinds(of: "default") == ["work"])
    }

    @Test func returnedIDIsDeliveredAgain() async throws {
        let server = try RedisServer()
        let transport = try transport(server)
        let entries = entries(3)
        try transport.publish(entries)
        let first = try await fetch(entries, transport)
        try transport.requeue(first.map(\.receipt))
        #expect(try transport.held(of: "default", kinds: []) == 3)
        let second = try await fetch(entries, transport)
        try transport.acknowledge(second.map(\.receipt))
        #expect(try transport.held(of: "default", kinds: []) == 0)
    }

    @Test func unacknowledgedIDOfALostConnectionIsDeliveredAgain() async throws {
        let server = try RedisServer()
        let entries = entries(3)
        let first = try transport(server)
        try first.publish(entries)
        _ = try await fetch(entries, first)
        first.close()
        _ = try await fetch(entries, transport(server))
    }

    @Test func prefixAndDatabaseSeparateInstallations() throws {
        let server = try RedisServer()
        try transport(server, "/2?prefix=mine").publish(entries(3))
        #expect(try transport(server, "/2?prefix=mine").held(of: "default", kinds: ["work"]) == 3)
        #expect(try transport(server, "/2?prefix=other").held(of: "default", kinds: ["work"]) == 0)
        #expect(try transport(server, "?prefix=mine").held(of: "default", kinds: ["work"]) == 0)
    }

    /// A replica refuses writes, and its data is that of another server.
    @Test func aReplicaIsRejected() async throws {
        let server = try RedisServer()
        _ = try transport(server)
        try server.command("REPLICAOF", "127.0.0.1", "1")
        let error = #expect(throws: LonghaulError.self) { try transport(server) }
        #expect(error?.detail.contains("not the master") == true)
    }
}
