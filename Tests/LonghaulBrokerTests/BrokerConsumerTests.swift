import LonghaulCore
import LonghaulTestSupport
import Synchronization
import Testing

@testable import LonghaulBroker

/// The consumer, with a broker that only counts calls.
struct BrokerConsumerTests {
    private final class Counts: Sendable {
        let connections = Atomic(0)
        let checks = Atomic(0)
    }

    private final class CountingTransport: EndlessTransport {
        let id: JobID
        private let counts: Counts

        init(_ counts: Counts, _ id: JobID) {
            self.counts = counts
            self.id = id
            counts.connections.add(1, ordering: .relaxed)
        }

        func check() throws { counts.checks.add(1, ordering: .relaxed) }
    }

    @Test func removedQueuesLeaveNoKindsAndNoHints() async throws {
        let id = JobIDGenerator(time: SystemTime(), random: SystemRandom()).next()
        let queue = BrokerQueue(time: SystemTime()) { CountingTransport(Counts(), id) }
        let consumer = queue.consumer
        for name in ["a", "b"] {
            queue.observeRemote([QueueEntry(id: id, queue: name, kind: "k", priority: 5)])
            queue.wake(QueueInterest(queues: [name], kinds: ["k"]))
        }
        queue.wake(QueueInterest(queues: ["a", "b"], kinds: ["k"]))
        #expect(consumer.hintCount == 3)
        queue.forget(["a"])
        #expect(consumer.kinds(of: "a").isEmpty)
        #expect(consumer.kinds(of: "b") == ["k"])
        #expect(consumer.hintCount == 2)
        queue.forget(["b"])
        #expect(consumer.kinds(of: "b").isEmpty)
        #expect(consumer.hintCount == 0)
        await queue.close()
    }

    @Test func idleConnectionIsKeptAlive() async throws {
        let counts = Counts()
        let id = JobIDGenerator(time: SystemTime(), random: SystemRandom()).next()
        let consumer = BrokerConsumer(idleSeconds: 0.05) { CountingTransport(counts, id) }
        let interest = QueueInterest(queues: ["default"], kinds: ["a"])
        let number = try consumer.reserve()
        let delivery = try await withCheckedThrowingContinuation { continuation in
            consumer.wait(
                DeliveryBoard.Waiter(
                    number: number, interest: interest, limit: 1, continuation: continuation), since: 0)
        }
        #expect(delivery == .jobs([id]))
        consumer.acknowledge([id])
        try await eventually("three checks of the idle connection") {
            counts.checks.load(ordering: .relaxed) >= 3
        }
        #expect(counts.connections.load(ordering: .relaxed) == 1)
        consumer.stop()
        await consumer.ended()
    }
}
