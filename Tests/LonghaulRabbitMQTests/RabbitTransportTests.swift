import CRabbitMQ
import Foundation
import LonghaulBroker
import LonghaulCore
import LonghaulTestServers
import LonghaulTestSupport
import Testing

@testable import LonghaulRabbitMQ

/// One connection to RabbitMQ, without the threads of `BrokerQueue`.
@Suite struct RabbitTransportTests {
    private let ids = JobIDGenerator(time: SystemTime(), random: SystemRandom())
    private let lane = Lane(queue: "default", kind: "work", band: .middle)
    private let address: RabbitAddress
    private let prefix = "transport-\(UUID().uuidString.prefix(8))"

    init() throws {
        address = try RabbitAddress(RabbitServer.shared.get().url + "?prefix=\(prefix)")
    }

    private func entries(_ count: Int, kind: String = "work", priority: Int = 5) -> [QueueEntry] {
        (0..<count).map { _ in QueueEntry(id: ids.next(), queue: "default", kind: kind, priority: priority) }
    }

    /// Fetches until all of these IDs have arrived.
    private func fetch(_ entries: [QueueEntry], _ transport: RabbitTransport, limit: Int = 100) async throws
        -> [BrokerDelivery<RabbitTransport.Receipt>]
    {
        var found: [BrokerDelivery<RabbitTransport.Receipt>] = []
        let lanes = Set(entries.map { Lane($0) })
        try await eventually("all IDs arrive") {
            found += try transport.fetch(lanes, limit: limit, seconds: 0.01)
            return Set(found.map(\.id)).isSuperset(of: entries.map(\.id))
        }
        return found
    }

    /// RabbitMQ returns a message whose queue does not exist, and then confirms it.
    @Test func publicationToADeletedQueueIsAnErrorAndTheNextOneSucceeds() async throws {
        let transport = try RabbitTransport(address)
        defer { transport.close() }
        try transport.publish(entries(1))
        let connection = try RabbitConnection(address)
        defer { connection.close() }
        let name = "\(prefix).\(lane.name)"
        _ = name.withCString {
            amqp_queue_delete(connection.handle, RabbitConnection.channel, amqp_cstring_bytes($0), 0, 0)
        }
        try connection.check("deleting the queue")
        let lost = entries(1)
        #expect(throws: LonghaulError.self) { try transport.publish(lost) }
        try transport.publish(lost)
        #expect(try await fetch(lost, transport).map(\.id) == lost.map(\.id))
    }

    @Test func returnedIDIsDeliveredAgain() async throws {
        let transport = try RabbitTransport(address)
        defer { transport.close() }
        let entries = entries(3)
        try transport.publish(entries)
        let first = try await fetch(entries, transport)
        try transport.requeue(first.map(\.receipt))
        let second = try await fetch(entries, transport)
        try transport.acknowledge(second.map(\.receipt))
        let other = try RabbitTransport(address)
        defer { other.close() }
        try await eventually("the queue is empty") { try other.held(of: "default", kinds: ["work"]) == 0 }
    }

    @Test func unreadableMessageIsMovedOnce() throws {
        let connection = try RabbitConnection(address)
        defer { connection.close() }
        for _ in 0..<2 {
            let transport = try RabbitTransport(address)
            // The transport declares the queue.
            #expect(try transport.fetch([lane], limit: 10, seconds: 0.01).isEmpty)
            try connection.publish([65, 0, 66], to: "\(prefix).\(lane.name)")
            try connection.confirm()
            #expect(try transport.fetch([lane], limit: 10, seconds: 0.01).isEmpty)
            // RabbitMQ delivers the messages again that a closed connection has not acknowledged.
            transport.close()
        }
        let consumer = RabbitConsumer(connection)
        let found = try consumer.take(prefix + ".unreadable", limit: 10, held: 10)
        #expect(found.map(\.body) == [[65, 0, 66], [65, 0, 66]])
        let left = try RabbitTransport(address)
        defer { left.close() }
        #expect(try left.held(of: "default", kinds: ["work"]) == 0)
    }

    /// One call acknowledges many messages. It must not reach one that is in use.
    @Test func unacknowledgedIDsOfALostConnectionAreDeliveredAgain() async throws {
        let first = try RabbitTransport(address)
        let entries = entries(4)
        try first.publish(entries)
        let deliveries = try await fetch(entries, first)
        let finished = [deliveries[0], deliveries[2]]
        try first.acknowledge(finished.map(\.receipt))
        // A call with an answer: the broker has handled the acknowledgements.
        try first.check()
        first.close()
        let second = try RabbitTransport(address)
        defer { second.close() }
        let left = entries.filter { entry in !finished.contains { $0.id == entry.id } }
        #expect(Set(try await fetch(left, second).map(\.id)) == Set(left.map(\.id)))
    }

    /// RabbitMQ allows names of 255 bytes.
    @Test func longKindsHaveQueuesOfTheirOwn() async throws {
        let transport = try RabbitTransport(address)
        defer { transport.close() }
        let kinds = ["a", "b"].map { String(repeating: "k", count: 199) + $0 }
        let first = entries(1, kind: kinds[0])
        let second = entries(1, kind: kinds[1])
        try transport.publish(first + second)
        #expect(try await fetch(first, transport).map(\.id) == first.map(\.id))
        #expect(try await fetch(second, transport).map(\.id) == second.map(\.id))
    }

    /// A fetch for one job takes the highest band.
    @Test func higherBandsComeFirst() async throws {
        let transport = try RabbitTransport(address)
        defer { transport.close() }
        let low = entries(2, priority: 1)
        let high = entries(2, priority: 9)
        try transport.publish(low + high)
        let lanes = Set((low + high).map { Lane($0) })
        try await eventually("the broker has all IDs") {
            try transport.held(of: "default", kinds: ["work"]) == 4
        }
        #expect(Set(try transport.fetch(lanes, limit: 2, seconds: 1).map(\.id)) == Set(high.map(\.id)))
        #expect(try transport.held(of: "default", kinds: ["work"]) == 2)
    }

    @Test func partsOfAnAddressAreRead() throws {
        let plain = try RabbitAddress("amqp://host")
        #expect(plain.port == 5672 && plain.virtualHost == "/" && plain.user == "guest" && !plain.isSecure)
        #expect(plain.prefix == "longhaul")
        let full = try RabbitAddress(
            "amqps://me:p%40ss%2Fword@host/a%2Fb?prefix=mine&ca=/ca.pem&cert=/c.pem&key=/k.pem")
        #expect(full.port == 5671 && full.isSecure && full.user == "me" && full.password == "p@ss/word")
        #expect(full.virtualHost == "a/b" && full.prefix == "mine" && full.authorities == "/ca.pem")
        #expect(full.certificate == "/c.pem" && full.key == "/k.pem")
        #expect(try RabbitAddress("amqp://host:99/v").port == 99)
    }
}
