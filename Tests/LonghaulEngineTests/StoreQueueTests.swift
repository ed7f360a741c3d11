import LonghaulCore
import LonghaulTestSupport
import Testing

@testable import LonghaulEngine

@Suite struct StoreQueueTests {
    private let time = SystemTime()

    private func entry(_ queue: String, _ kind: String) -> QueueEntry {
        QueueEntry(id: JobID(high: 1, low: 1), queue: queue, kind: kind, priority: 5)
    }

    private func soon(_ seconds: Double) -> Timestamp { time.now().adding(seconds: seconds) }

    @Test func wakeUpIsKeptUntilTheNextCall() async throws {
        let queue = StoreQueue(time: time)
        try await queue.publish([entry("q", "a")])
        let interest = QueueInterest(queues: ["q"], kinds: [])
        #expect(try await queue.receive(interest, limit: 1, until: soon(0)) == .checkStore)
        #expect(try await queue.receive(interest, limit: 1, until: soon(0)) == .none)
    }

    @Test func wakeUpMatchesItsQueueAndKindOnly() async throws {
        let queue = StoreQueue(time: time)
        try await queue.publish([entry("q", "a")])
        let other = QueueInterest(queues: ["other"], kinds: [])
        #expect(try await queue.receive(other, limit: 1, until: soon(0)) == .none)
        let kind = QueueInterest(queues: ["q"], kinds: ["b"])
        #expect(try await queue.receive(kind, limit: 1, until: soon(0)) == .none)
        let both = QueueInterest(queues: ["other", "q"], kinds: ["b", "a"])
        #expect(try await queue.receive(both, limit: 1, until: soon(0)) == .checkStore)
    }

    @Test func eachEntryWakesOneMatchingCall() async throws {
        let queue = StoreQueue(time: time)
        let deadline = soon(60)
        async let forA = queue.receive(QueueInterest(queues: ["q"], kinds: ["a"]), limit: 1, until: deadline)
        async let forB = queue.receive(QueueInterest(queues: ["q"], kinds: ["b"]), limit: 1, until: deadline)
        // Whether the calls wait already or not, each gets the hint of its kind.
        try await queue.publish([entry("q", "b"), entry("q", "a")])
        #expect(try await forA == .checkStore)
        #expect(try await forB == .checkStore)
    }

    @Test func checkOfAllKindsWakesEveryWaitingCall() async throws {
        let queue = StoreQueue(time: time)
        let deadline = soon(60)
        let waiters = Task {
            try await withThrowingTaskGroup(of: QueueDelivery.self) { group in
                for kind in ["a", "b", "c"] {
                    group.addTask {
                        try await queue.receive(
                            QueueInterest(queues: ["q"], kinds: [kind]), limit: 1, until: deadline)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
        }
        try await eventually("three calls wait") { queue.waiting == 3 }
        queue.wake(QueueInterest(queues: ["q"], kinds: []))
        #expect(try await waiters.value == [.checkStore, .checkStore, .checkStore])
    }

    /// Calls query the store before they wait. A wake-up for every kind may come in between, and end the wait of another.
    @Test func checkOfAllKindsReachesCallsThatHaveQueriedTheStoreBefore() async throws {
        let queue = StoreQueue(time: time)
        let before = queue.wakeCount
        let deadline = soon(60)
        let other = QueueInterest(queues: ["q"], kinds: ["other"])
        let waiter = Task { try await queue.receive(other, limit: 1, until: deadline, since: before) }
        try await eventually("the call waits") { queue.waiting == 1 }
        queue.wake(QueueInterest(queues: ["q"], kinds: []))
        #expect(try await waiter.value == .checkStore)
        for kind in ["a", "b"] {
            let interest = QueueInterest(queues: ["p", "q"], kinds: [kind])
            #expect(try await queue.receive(interest, limit: 1, until: soon(0), since: before) == .checkStore)
            #expect(try await queue.receive(interest, limit: 1, until: soon(0)) == .none)
        }
        let outside = QueueInterest(queues: ["p"], kinds: ["a"])
        #expect(try await queue.receive(outside, limit: 1, until: soon(0), since: before) == .none)
        queue.wakeAll()
        #expect(try await queue.receive(outside, limit: 1, until: soon(0), since: before) == .checkStore)
    }

    @Test func cancelledWaitEndsWithoutConsumingAWakeUp() async throws {
        let queue = StoreQueue(time: time)
        let interest = QueueInterest(queues: ["q"], kinds: [])
        let deadline = soon(60)
        let waiter = Task { try await queue.receive(interest, limit: 1, until: deadline) }
        try await eventually("the call waits") { queue.waiting == 1 }
        waiter.cancel()
        await #expect(throws: CancellationError.self) { try await waiter.value }
        try await queue.publish([entry("q", "a")])
        #expect(try await queue.receive(interest, limit: 1, until: soon(0)) == .checkStore)
    }

    @Test func wakeUpSkipsAWaiterWhoseCallerHasJustLeft() async throws {
        let interest = QueueInterest(queues: ["q"], kinds: ["a"])
        for _ in 0..<20 {
            let queue = StoreQueue(time: time)
            let deadline = soon(30)
            func wait() async throws -> Task<QueueDelivery, any Error> {
                let before = queue.waiting
                let call = Task { try await queue.receive(interest, limit: 1, until: deadline) }
                try await eventually("the call waits") { queue.waiting == before + 1 }
                return call
            }
            let first = try await wait()
            let second = try await wait()
            first.cancel()
            queue.wake(interest)
            try #require(try await second.value == .checkStore)
        }
    }

    @Test func endedWaitConsumesNoWakeUp() async throws {
        let queue = StoreQueue(time: time)
        let interest = QueueInterest(queues: ["q"], kinds: [])
        #expect(try await queue.receive(interest, limit: 1, until: soon(0.01)) == .none)
        #expect(queue.waiting == 0)
        try await queue.publish([entry("q", "a")])
        #expect(try await queue.receive(interest, limit: 1, until: soon(0)) == .checkStore)
    }

    @Test func wakeUpOfAllReachesEveryWaitingCall() async throws {
        let queue = StoreQueue(time: time)
        let deadline = soon(60)
        async let first = queue.receive(QueueInterest(queues: ["q"], kinds: ["a"]), limit: 1, until: deadline)
        async let other = queue.receive(
            QueueInterest(queues: ["other"], kinds: [], labels: ["gpu": "1"]), limit: 1, until: deadline)
        try await eventually("two calls wait") { queue.waiting == 2 }
        queue.wakeAll()
        #expect(try await first == .checkStore)
        #expect(try await other == .checkStore)
    }
}
