import Foundation
import LonghaulBroker
import LonghaulConformance
import LonghaulCore
import LonghaulKafka
import LonghaulTestServers
import Testing

/// Kafka as a queue, against a real broker and against librdkafka's mock cluster.
@Suite struct ConformanceTests {
    @Test(arguments: JobQueueConformance.cases)
    func kafkaConforms(_ rule: JobQueueConformance.Case) async throws {
        let server = try KafkaServer.shared.get()
        let address = try KafkaAddress(server.url(name: "test-\(UUID().uuidString.prefix(8))"))
        // Tansu cannot count messages. The mock cluster can, see below.
        try await rule.run {
            UncountedQueue(queue: BrokerQueue(time: SystemTime()) { try KafkaTransport(address) })
        }
    }

    @Test(arguments: JobQueueConformance.cases)
    func mockClusterConforms(_ rule: JobQueueConformance.Case) async throws {
        let mock = try KafkaMock(brokers: 3)
        try mock.createTopics(prefix: "longhaul", queues: ["default", "other"])
        let address = try KafkaAddress(mock.url)
        try await rule.run { BrokerQueue(time: SystemTime()) { try KafkaTransport(address) } }
    }
}

/// A queue whose broker cannot count the IDs that it holds.
private struct UncountedQueue: JobQueue {
    let queue: BrokerQueue<KafkaTransport>

    var wakeCount: Int { queue.wakeCount }
    func publish(_ entries: [QueueEntry]) async throws { try await queue.publish(entries) }
    func observeRemote(_ entries: [QueueEntry]) { queue.observeRemote(entries) }
    func receive(
        _ interest: QueueInterest, limit: Int, until deadline: Timestamp, since wakeCount: Int
    ) async throws -> QueueDelivery {
        try await queue.receive(interest, limit: limit, until: deadline, since: wakeCount)
    }
    func wake(_ interest: QueueInterest) { queue.wake(interest) }
    func wakeAll() { queue.wakeAll() }
    func forget(_ queues: [String]) { queue.forget(queues) }
    func acknowledge(_ ids: [JobID]) async throws { try await queue.acknowledge(ids) }
    func checkReady() async throws { try await queue.checkReady() }
}
