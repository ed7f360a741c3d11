import LonghaulCore
import LonghaulMemory
import LonghaulTestSupport
import Synchronization
import Testing

@testable import LonghaulEngine

/// Identifiers that the queue rejected or lost are published again.
struct OutboxTests {
    /// A queue that holds identifiers, and can reject or lose them.
    private final class LossyQueue: JobQueue {
        private struct State {
            var held: [JobID] = []
            var heard: [JobID] = []
            var largest = 0
            var rejections = 0
        }

        private let state = Mutex(State())

        /// The identifiers in the queue.
        var ids: [JobID] { state.withLock(\.held) }
        /// The identifiers that other servers published.
        var heard: [JobID] { state.withLock(\.heard) }
        /// The number of identifiers in the largest publication.
        var largest: Int { state.withLock(\.largest) }

        /// Loses all identifiers.
        func empty() { state.withLock { $0.held = [] } }

        /// Rejects the next publications.
        func reject(_ count: Int) { state.withLock { $0.rejections = count } }

        func publish(_ entries: [QueueEntry]) async throws {
            try state.withLock { state in
                if state.rejections > 0 {
                    state.rejections -= 1
                    throw LonghaulError(.unavailable, "the queue is unavailable")
                }
                state.held += entries.map(\.id)
                state.largest = max(state.largest, entries.count)
            }
        }

        func held(of queue: String) async throws -> Int? { ids.count }
        func observeRemote(_ entries: [QueueEntry]) { state.withLock { $0.heard += entries.map(\.id) } }
        var wakeCount: Int { 0 }
        func receive(
            _ interest: QueueInterest, limit: Int, until deadline: Timestamp, since wakeCount: Int
        ) async throws -> QueueDelivery { .none }
        func wake(_ interest: QueueInterest) {}
        func forget(_ queues: [String]) {}
        func acknowledge(_ ids: [JobID]) async throws {}
        func checkReady() async throws {}
    }

    private let queue = LossyQueue()
    private let time = ManualTime()

    /// Runs a body with an engine over the queue, on the manual clock.
    private func withEngine(_ body: (Engine) async throws -> Void) async throws {
        let engine = Engine(
            store: MemoryStore.open(MemoryDatabase(time: time, random: SystemRandom())), queue: queue,
            artifacts: MemoryArtifactStore(), time: time)
        try await withCleanup {
            await engine.stop()
        } _: {
            try await engine.start()
            try await body(engine)
        }
    }

    /// Advances the clock until a condition holds.
    private func advance(_ expectation: String, until condition: () -> Bool) async throws {
        try await eventually(expectation) {
            time.advance(seconds: 1)
            return condition()
        }
    }

    private func submit(_ count: Int, to engine: Engine) async throws -> Set<JobID> {
        let batch = (0..<count).map { _ in NewJob(JobSpec(kind: "a")) }
        var ids: Set<JobID> = []
        for job in batch { ids.insert(try await engine.submit(job).job.id) }
        return ids
    }

    @Test func aRejectedPublicationIsRetriedUntilItSucceeds() async throws {
        try await withEngine { engine in
            queue.reject(5)
            let ids = try await submit(3, to: engine)
            // Less than the interval of the reconciler, which would publish them too.
            let start = time.now()
            try await advance("the queue has the jobs") { Set(queue.ids) == ids }
            #expect(time.now().seconds(since: start) < engine.configuration.reconcileSeconds)
            #expect(queue.ids.count == 3)
        }
    }

    /// A broker that answers slowly would otherwise fall behind: each commit would be a request.
    @Test func commitsThatWaitForTheQueueArePublishedTogether() async throws {
        try await withEngine { engine in
            queue.reject(1)
            let ids = try await submit(10, to: engine)
            try await advance("the queue has the jobs") { Set(queue.ids) == ids }
            // The publisher waits after its first attempt, which has some of the jobs.
            #expect(queue.largest >= 5)
            #expect(queue.ids.count == 10)
        }
    }

    /// More jobs than one page.
    @Test func everyLostIdentifierIsPublishedAgain() async throws {
        try await withEngine { engine in
            let ids = try await submit(1500, to: engine)
            try await eventually("the queue has the jobs") { queue.ids.count == 1500 }
            queue.empty()
            try await advance("the queue has the jobs again") { Set(queue.ids) == ids }
            #expect(queue.largest <= 1000)
        }
    }

    /// Jobs that are being published lack in the broker for a moment, which is no loss.
    @Test func identifiersAreNotPublishedAgainAfterOneShortRound() async throws {
        try await withEngine { engine in
            _ = try await submit(3, to: engine)
            try await eventually("the queue has the jobs") { queue.ids.count == 3 }
            try await advance("two rounds have passed without a loss") {
                time.now().seconds(since: ManualTime().now()) > 2 * engine.configuration.reconcileSeconds + 5
            }
            #expect(queue.ids.count == 3)
        }
    }

    /// A queue can deliver by priority. A new tag changes nothing for it.
    @Test func onlyEditsThatMoveAPendingJobPublishItAgain() async throws {
        try await withEngine { engine in
            let id = try #require(try await submit(1, to: engine).first)
            try await eventually("the queue has the job") { queue.ids == [id] }
            _ = try await engine.edit(id, JobEdit(tags: ["a": "1"]))
            _ = try await engine.edit(id, JobEdit(priority: 9))
            let next = try #require(try await submit(1, to: engine).first)
            // Commits are published in their order.
            try await eventually("the queue has the next job") { queue.ids.last == next }
            #expect(queue.ids == [id, id, next])
        }
    }

    /// The change of another server wakes the workers of this one.
    @Test func anEditOfAnotherServerReachesTheQueue() async throws {
        try await withEngine { engine in
            var change = JobChange(
                jobID: JobID(high: 1, low: 1), queue: "default", kind: "a", state: .pending,
                previous: .pending,
                attempt: 0, version: 2, at: time.now(), runAt: time.now())
            engine.publisher.observe(ChangeBatch([change], origin: .remote))
            change.isRequeued = true
            change.jobID = JobID(high: 1, low: 2)
            engine.publisher.observe(ChangeBatch([change], origin: .remote))
            try await eventually("the queue learns of the edit") { queue.heard == [change.jobID] }
        }
    }
}
