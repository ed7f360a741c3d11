import LonghaulConformance
import LonghaulCore
import LonghaulTestSupport
import Testing

@testable import LonghaulBroker

/// The queue over a broker, with a broker in memory.
struct BrokerQueueTests {
    private let broker = MemoryBroker()
    private let time = SystemTime()
    private let ids = JobIDGenerator(time: SystemTime(), random: SystemRandom())
    private let interest = QueueInterest(queues: ["default"], kinds: ["work"])

    private func entries(_ count: Int, priority: Int = 5) -> [QueueEntry] {
        (0..<count).map { _ in QueueEntry(id: ids.next(), queue: "default", kind: "work", priority: priority)
        }
    }

    private var soon: Timestamp { time.now().adding(seconds: 30) }

    private func receive(
        _ queue: BrokerQueue<MemoryBroker.Connection>, limit: Int
    ) async throws -> [JobID] {
        guard case .jobs(let ids) = try await queue.receive(interest, limit: limit, until: soon) else {
            return []
        }
        return ids
    }

    @Test(arguments: JobQueueConformance.cases)
    func conforms(_ rule: JobQueueConformance.Case) async throws {
        let broker = MemoryBroker()
        try await rule.run { broker.queue() }
    }

    @Test func aWaitNeverReceivesMoreThanItsLimit() async throws {
        let jobs = entries(3).map { (lane: Lane($0), id: $0.id) }
        let delivery = try await withCheckedThrowingContinuation { continuation in
            var board = DeliveryBoard()
            let waiter = DeliveryBoard.Waiter(
                number: board.reserve(), interest: interest, limit: 2, continuation: continuation)
            #expect(board.add(waiter) == nil)
            let (endings, unwanted) = board.deliver(jobs)
            #expect(unwanted == [2])
            for ending in endings { ending.resume() }
        }
        #expect(delivery == .jobs(jobs.prefix(2).map(\.id)))
    }

    @Test func aWaitCancelledBeforeItBeginsEndsAtOnce() async throws {
        let waiting = Task {
            try await withCheckedThrowingContinuation {
                (continuation: CheckedContinuation<QueueDelivery, any Error>) in
                var board = DeliveryBoard()
                let number = board.reserve()
                #expect(board.end(number, .failure(CancellationError())) == nil)
                let waiter = DeliveryBoard.Waiter(
                    number: number, interest: interest, limit: 1, continuation: continuation)
                let ending = board.add(waiter)
                #expect(ending != nil)
                (ending ?? board.endAll(.success(.none)).first)?.resume()
            }
        }
        await #expect(throws: CancellationError.self) { try await waiting.value }
    }

    @Test func anUnwantedDeliveryIsReturnedToTheBroker() async throws {
        let other = QueueInterest(queues: ["default"], kinds: ["other"])
        let queue = broker.queue()
        // The waits take one job each, and one of the two cannot run the job.
        let waiting = Task { [time] in
            try await queue.receive(other, limit: 5, until: time.now().adding(seconds: 30))
        }
        let jobs = entries(3)
        try await queue.publish(jobs)
        #expect(try await receive(queue, limit: 1).count == 1)
        let rest = broker.queue()
        var received = 0
        while received < 2 { received += try await receive(rest, limit: 2).count }
        waiting.cancel()
        await queue.close()
        await rest.close()
    }

    @Test func anOutageEndsTheWaitsAndTheQueueRecovers() async throws {
        let queue = broker.queue()
        let waiting = Task { [interest, time] in
            try await queue.receive(interest, limit: 1, until: time.now().adding(seconds: 60))
        }
        try await eventually("the first fetch") { !broker.limits.isEmpty }
        broker.setDown(true)
        await #expect(throws: LonghaulError.self) { try await waiting.value }
        broker.setDown(false)
        try await eventually("waits are accepted again") {
            (try? await queue.receive(interest, limit: 1, until: time.now())) != nil
        }
        let jobs = entries(1)
        try await queue.publish(jobs)
        #expect(try await receive(queue, limit: 1) == jobs.map(\.id))
        await queue.close()
    }

    @Test func aPublicationUsesANewConnectionIfTheOldOneFails() async throws {
        let queue = broker.queue()
        try await queue.publish(entries(1))
        broker.fail(1)
        try await queue.publish(entries(1))
        #expect(broker.count == 2)
        #expect(broker.connections == 2)
        await queue.close()
    }

    @Test func acknowledgedIDsLeaveTheBroker() async throws {
        let queue = broker.queue()
        try await queue.publish(entries(2))
        let first = try await receive(queue, limit: 1)
        _ = try await receive(queue, limit: 1)
        #expect(broker.unacknowledgedCount == 2)
        try await queue.acknowledge(first)
        try await eventually("the broker has removed the ID") { broker.count == 1 }
        await queue.close()
    }

    @Test func aHintForWorkersThatDoNotWaitYetReachesTheNextOne() async throws {
        let queue = broker.queue()
        queue.wake(interest)
        #expect(try await queue.receive(interest, limit: 1, until: soon) == .checkStore)
        await queue.close()
    }

    @Test func bandsSplitThePriorities() {
        #expect((0...9).map { Lane.Band(priority: $0).rawValue } == [0, 0, 0, 0, 1, 1, 1, 2, 2, 2])
    }
}
