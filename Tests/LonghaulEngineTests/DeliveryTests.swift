import LonghaulCore
import LonghaulMemory
import LonghaulTestSupport
import Synchronization
import Testing

@testable import LonghaulEngine

/// How the engine handles the IDs that a queue delivers.
struct DeliveryTests {
    /// A queue that delivers what was published, and keeps what is not acknowledged.
    private final class CarryingQueue: JobQueue {
        private struct State {
            var ready: [JobID] = []
            var unacknowledged: Set<JobID> = []
        }

        private let state = Mutex(State())

        var unacknowledged: Set<JobID> { state.withLock(\.unacknowledged) }

        func publish(_ entries: [QueueEntry]) async throws {
            state.withLock { $0.ready += entries.map(\.id) }
        }

        func observeRemote(_ entries: [QueueEntry]) {}

        var wakeCount: Int { 0 }

        func receive(
            _ interest: QueueInterest, limit: Int, until deadline: Timestamp, since wakeCount: Int
        ) async throws -> QueueDelivery {
            state.withLock { state in
                let ids = Array(state.ready.prefix(limit))
                state.ready.removeFirst(ids.count)
                state.unacknowledged.formUnion(ids)
                return ids.isEmpty ? .none : .jobs(ids)
            }
        }

        func wake(_ interest: QueueInterest) {}
        func forget(_ queues: [String]) {}

        func acknowledge(_ ids: [JobID]) async throws {
            state.withLock { $0.unacknowledged.subtract(ids) }
        }

        func checkReady() async throws {}
    }

    /// A queue that has lost all IDs, and delivers one without effect every second.
    private final class RepeatingQueue: JobQueue {
        private let time: ManualTime
        private let ids: JobIDGenerator

        init(_ time: ManualTime) {
            self.time = time
            ids = JobIDGenerator(time: time, random: SystemRandom())
        }

        func publish(_ entries: [QueueEntry]) async throws {}
        func observeRemote(_ entries: [QueueEntry]) {}
        var wakeCount: Int { 0 }

        func receive(
            _ interest: QueueInterest, limit: Int, until deadline: Timestamp, since wakeCount: Int
        ) async throws -> QueueDelivery {
            time.advance(seconds: 1)
            return time.now() < deadline ? .jobs([ids.next()]) : .none
        }

        func wake(_ interest: QueueInterest) {}
        func forget(_ queues: [String]) {}
        func acknowledge(_ ids: [JobID]) async throws {}
        func checkReady() async throws {}
    }

    private let queue = CarryingQueue()
    private let database = MemoryDatabase(time: SystemTime(), random: SystemRandom())

    private func engine(_ store: any JobStore) -> Engine {
        Engine(store: store, queue: queue, artifacts: MemoryArtifactStore())
    }

    @Test func jobThatTheStoreDidNotLeaseStaysAvailable() async throws {
        let store = MemoryStore.open(database)
        let job = try await engine(store).submit(NewJob(JobSpec(kind: "a"))).job
        try await queue.publish([QueueEntry(id: job.id, queue: "default", kind: "a", priority: 5)])
        await store.close()
        let request = LeaseRequest(worker: WorkerInfo(id: "w"), kinds: ["a"], waitSeconds: 20)
        let error = await #expect(throws: LonghaulError.self) {
            _ = try await engine(store).lease(request)
        }
        #expect(error?.code == .unavailable)
        #expect(queue.unacknowledged.isEmpty)
        #expect(try await engine(MemoryStore.open(database)).lease(request).map(\.job.id) == [job.id])
        #expect(queue.unacknowledged.isEmpty)
    }

    @Test func repeatedIDsDoNotPostponeTheSlowPoll() async throws {
        let time = ManualTime()
        let store = MemoryStore.open(MemoryDatabase(time: time, random: SystemRandom()))
        let engine = Engine(
            store: store, queue: RepeatingQueue(time), artifacts: MemoryArtifactStore(), time: time)
        let job = try await engine.submit(NewJob(JobSpec(kind: "a"))).job
        let start = time.now()
        let request = LeaseRequest(worker: WorkerInfo(id: "w"), kinds: ["a"], waitSeconds: 20)
        #expect(try await engine.lease(request).map(\.job.id) == [job.id])
        #expect(time.now().seconds(since: start) <= engine.configuration.slowPollSeconds + 1)
    }
}
