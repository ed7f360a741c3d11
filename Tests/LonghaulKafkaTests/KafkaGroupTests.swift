import Foundation
import LonghaulBroker
import LonghaulCore
import LonghaulTestServers
import LonghaulTestSupport
import Testing

@testable import LonghaulKafka

/// The membership of servers in a group, on a real broker.
@Suite struct KafkaGroupTests {
    private let lane = Lane(queue: "default", kind: "work", band: .middle)

    /// A server with a name gets its partitions back, and the group notices nothing.
    @Test func restartWithAnInstanceCausesNoRebalance() async throws {
        let server = try KafkaServer.shared.get()
        let name = "test-\(UUID().uuidString.prefix(8))"
        // Tansu answers a member after half of the session timeout. The rest is for a slow machine.
        let url = server.url + "?group=\(name)&prefix=\(name)&partitions=2&session=20"
        func transport(_ instance: String) throws -> KafkaTransport {
            try KafkaTransport(KafkaAddress(url + "&instance=\(instance)"))
        }
        let steady = try transport("one")
        defer { steady.close() }
        var restarting = try transport("two")
        defer { restarting.close() }
        func partitions(of transport: KafkaTransport) throws -> Set<KafkaTransport.Partition> {
            _ = try transport.fetch([lane], limit: 1, seconds: 0.1)
            return transport.consumer?.assignment.all ?? []
        }
        try await eventually("each has half of the six partitions", within: 120) {
            let counts = [try partitions(of: steady).count, try partitions(of: restarting).count]
            return counts == [3, 3]
        }
        let before = try partitions(of: restarting)
        var changes = 0
        let consumer = try #require(steady.consumer)
        let rebalance = consumer.handle.events.rebalance
        consumer.handle.events.rebalance = { code, partitions in
            changes += 1
            rebalance?(code, partitions)
        }
        restarting.close()
        restarting = try transport("two")
        try await eventually("the server has its partitions again", within: 120) {
            _ = try steady.fetch([lane], limit: 1, seconds: 0.1)
            return try partitions(of: restarting) == before
        }
        #expect(changes == 0)
    }
}
