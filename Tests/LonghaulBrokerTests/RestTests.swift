import LonghaulCore
import LonghaulTestSupport
import Synchronization
import Testing

@testable import LonghaulBroker

/// A transport that acts while no worker waits, as Kafka's does.
@Suite struct RestTests {
    private final class Counts: Sendable {
        let connections = Atomic(0)
        let rests = Atomic(0)
    }

    /// Its second rest fails.
    private final class RestingTransport: EndlessTransport {
        let id: JobID
        private let counts: Counts

        init(_ counts: Counts, _ id: JobID) {
            self.counts = counts
            self.id = id
            counts.connections.add(1, ordering: .relaxed)
        }

        static var restSeconds: Double? { 0.01 }

        func rest() throws {
            let (_, count) = counts.rests.add(1, ordering: .relaxed)
            if count == 2 { throw LonghaulError(.unavailable, "the broker does not answer") }
        }
    }

    @Test func transportRestsWhileNoWorkerWaitsAndReconnectsAfterAnError() async throws {
        let counts = Counts()
        let id = JobIDGenerator(time: SystemTime(), random: SystemRandom()).next()
        let queue = BrokerQueue(time: SystemTime()) { RestingTransport(counts, id) }
        let interest = QueueInterest(queues: ["default"], kinds: ["a"])
        let deadline = SystemTime().now().adding(seconds: 60)
        #expect(try await queue.receive(interest, limit: 1, until: deadline) == .jobs([id]))
        try await eventually("rests of a second connection") {
            counts.connections.load(ordering: .relaxed) == 2 && counts.rests.load(ordering: .relaxed) > 3
        }
        #expect(try await queue.receive(interest, limit: 1, until: deadline) == .jobs([id]))
        await queue.close()
    }
}
