import CRabbitMQ
import Foundation
import LonghaulCore
import LonghaulTestServers
import LonghaulTestSupport
import Synchronization
import Testing

@testable import LonghaulBroker
@testable import LonghaulRabbitMQ

/// Consuming from empty queues, and messages that are not IDs.
@Suite struct ConsumerTests {
    /// The state that the threads of a test share.
    private final class Progress: Sendable {
        let isOver = Atomic(false)
        let rings = Atomic(0)

        /// Publishes notifications until the test is over.
        func ring(_ address: RabbitAddress) {
            guard let transport = try? RabbitTransport(address) else { return }
            while !isOver.load(ordering: .relaxed) {
                guard (try? transport.publish([])) != nil else { return }
                rings.add(1, ordering: .relaxed)
            }
            transport.close()
        }

        /// Consumes two messages of an empty queue while notifications arrive.
        func take(_ queue: String, _ address: RabbitAddress, bell: String) throws -> Int {
            let connection = try RabbitConnection(address)
            defer { connection.close() }
            _ = longhaul_amqp_declare(connection.handle, RabbitConnection.channel, queue, 1)
            try connection.check("declaring the queue")
            amqp_channel_open(connection.handle, RabbitConnection.bellChannel)
            try connection.check("opening a channel")
            _ = longhaul_amqp_listen(connection.handle, RabbitConnection.bellChannel, bell)
            try connection.check("listening")
            return try RabbitConsumer(connection).take(queue, limit: 2, held: 2).count
        }
    }

    @Test func unreadableMessageIsMovedUnchanged() throws {
        let prefix = "unreadable-\(UUID().uuidString.prefix(8))"
        let address = try RabbitAddress(RabbitServer.shared.get().url + "?prefix=\(prefix)")
        let transport = try RabbitTransport(address)
        defer { transport.close() }
        let connection = try RabbitConnection(address)
        defer { connection.close() }
        let lane = Lane(queue: "default", kind: "work", band: .middle)
        let body: [UInt8] = [65, 0, 255, 66]
        // The transport declares the queue.
        #expect(try transport.fetch([lane], limit: 1, seconds: 0.01).isEmpty)
        try connection.publish(body, to: "\(prefix).\(lane.name)")
        try connection.confirm()
        #expect(try transport.fetch([lane], limit: 1, seconds: 0.01).isEmpty)
        let found = try RabbitConsumer(connection).take(prefix + ".unreadable", limit: 1, held: 1)
        #expect(found.map(\.body) == [body])
    }

    @Test func consumingEndsDespiteContinuousNotifications() async throws {
        let prefix = "taking-\(UUID().uuidString.prefix(8))"
        let address = try RabbitAddress(RabbitServer.shared.get().url + "?prefix=\(prefix)")
        let progress = Progress()
        defer { progress.isOver.store(true, ordering: .relaxed) }
        Thread { progress.ring(address) }.start()
        try await eventually("a notification is published") { progress.rings.load(ordering: .relaxed) > 0 }
        let taken = Recorder<Result<Int, any Error>>()
        Thread {
            taken.add(Result { try progress.take(prefix + ".empty", address, bell: prefix + ".work") })
        }.start()
        let results = try await taken.wait(for: "consuming ends") { !$0.isEmpty }
        #expect(try results.map { try $0.get() } == [0])
    }
}
