import CRabbitMQ
import Foundation
import LonghaulCore
import LonghaulTestServers
import Synchronization
import Testing

@testable import LonghaulBroker
@testable import LonghaulRabbitMQ

/// Taking where there is nothing to be had, or nothing that can be read.
@Suite struct TakingTests {
    /// What the threads of a test tell it.
    private final class Course: Sendable {
        let isOver = Atomic(false)
        let rings = Atomic(0)
        let taken = Mutex<Result<Int, any Error>?>(nil)

        /// Rings the bell until it is over.
        func ring(_ address: RabbitAddress) {
            guard let transport = try? RabbitTransport(address) else { return }
            while !isOver.load(ordering: .relaxed) {
                guard (try? transport.publish([])) != nil else { return }
                rings.add(1, ordering: .relaxed)
            }
            transport.close()
        }

        /// Takes two messages of a queue that has none, and hears the bell.
        func take(_ queue: String, _ address: RabbitAddress, bell: String) throws -> Int {
            let connection = try RabbitConnection(address)
            defer { connection.close() }
            _ = longhaul_amqp_declare(connection.handle, RabbitConnection.channel, queue, 1)
            try connection.check("declaring the queue")
            amqp_channel_open(connection.handle, RabbitConnection.bellChannel)
            try connection.check("opening a channel")
            _ = longhaul_amqp_listen(connection.handle, RabbitConnection.bellChannel, bell)
            try connection.check("listening")
            return try RabbitTaking(connection).take(queue, limit: 2, held: 2).count
        }
    }

    private func eventually(_ condition: () -> Bool) async throws -> Bool {
        let deadline = ContinuousClock.now + .seconds(30)
        while !condition() {
            guard ContinuousClock.now < deadline else { return false }
            try await Task.sleep(for: .milliseconds(10))
        }
        return true
    }

    @Test func whatCannotBeReadIsPutAwayWhole() throws {
        let prefix = "unreadable-\(UUID().uuidString.prefix(8))"
        let address = try RabbitAddress(RabbitServer.shared.get().url + "?prefix=\(prefix)")
        let transport = try RabbitTransport(address)
        defer { transport.close() }
        let connection = try RabbitConnection(address)
        defer { connection.close() }
        let lane = Lane(queue: "default", kind: "work", band: .middle)
        let body: [UInt8] = [65, 0, 255, 66]
        // The queue comes into being as the transport looks into it.
        #expect(try transport.fetch([lane], limit: 1, seconds: 0.01).isEmpty)
        try connection.publish(body, to: "\(prefix).\(lane.name)")
        try connection.confirm()
        #expect(try transport.fetch([lane], limit: 1, seconds: 0.01).isEmpty)
        let found = try RabbitTaking(connection).take(prefix + ".unreadable", limit: 1, held: 1)
        #expect(found.map(\.body) == [body])
    }

    @Test func itEndsHoweverOftenTheBellRings() async throws {
        let prefix = "taking-\(UUID().uuidString.prefix(8))"
        let address = try RabbitAddress(RabbitServer.shared.get().url + "?prefix=\(prefix)")
        let course = Course()
        defer { course.isOver.store(true, ordering: .relaxed) }
        Thread { course.ring(address) }.start()
        #expect(try await eventually { course.rings.load(ordering: .relaxed) > 0 })
        Thread {
            let result = Result { try course.take(prefix + ".empty", address, bell: prefix + ".work") }
            course.taken.withLock { $0 = result }
        }.start()
        #expect(try await eventually { course.taken.withLock { $0 != nil } })
        #expect(try course.taken.withLock { try $0?.get() } == 0)
    }
}
