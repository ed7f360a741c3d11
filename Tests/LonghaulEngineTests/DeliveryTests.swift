import LonghaulCore
import LonghaulMemory
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
}
