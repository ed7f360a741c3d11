import LonghaulCore
import LonghaulTestSupport
import Testing

@testable import LonghaulEngine

/// Wake-ups for work that no change announces.
struct MissedWorkTests {
    private let time = ManualTime()

    /// Runs a body with a waker over a queue.
    private func withWaker(_ body: (MissedWorkWaker, StoreQueue) async throws -> Void) async throws {
        let queue = StoreQueue(time: SystemTime())
        let waker = MissedWorkWaker(queue: queue, time: time)
        waker.start()
        try await withCleanup {
            await waker.stop()
        } _: {
            try await body(waker, queue)
        }
    }

    private func wait(_ queue: StoreQueue, _ name: String) async throws -> QueueDelivery {
        try await queue.receive(
            QueueInterest(queues: [name], kinds: ["a"]), limit: 1,
            until: SystemTime().now().adding(seconds: 60))
    }

    @Test func workersOfAQueueWithLockedJobsAreWokenAfterAPause() async throws {
        try await withWaker { waker, queue in
            async let delivery = wait(queue, "locked")
            let other = Task { try await wait(queue, "other") }
            try await eventually("two workers wait") { queue.waiting == 2 }
            waker.wake(for: .lockedJobs(queues: ["locked"]))
            try await eventually("the pause begins") { time.sleeping == 1 }
            #expect(queue.waiting == 2)
            time.advance(seconds: 1)
            #expect(try await delivery == .checkStore)
            #expect(queue.waiting == 1)
            other.cancel()
            await #expect(throws: CancellationError.self) { try await other.value }
        }
    }

    /// A worker that queries the store while the notifications are missed may begin to wait a moment later.
    @Test func allWorkersAreWokenTwiceAfterMissedNotifications() async throws {
        try await withWaker { waker, queue in
            async let early = wait(queue, "one")
            try await eventually("a worker waits") { queue.waiting == 1 }
            waker.wake(for: .notifications)
            #expect(try await early == .checkStore)
            async let late = wait(queue, "other")
            try await eventually("another worker waits") { queue.waiting == 1 && time.sleeping == 1 }
            time.advance(seconds: 1)
            #expect(try await late == .checkStore)
        }
    }
}
