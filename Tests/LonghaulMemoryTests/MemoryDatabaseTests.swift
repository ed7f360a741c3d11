import LonghaulConformance
import LonghaulCore
import LonghaulJSON
import LonghaulMemory
import LonghaulStore
import LonghaulTestSupport
import Synchronization
import Testing

/// A database in memory outlives the stores that use it.
struct MemoryDatabaseTests {
    private let time = ManualTime()
    private let random = SeededRandom(seed: 1)
    private let database: MemoryDatabase

    init() {
        database = MemoryDatabase(time: time, random: random)
    }

    private func submission() -> Submission {
        let ids = JobIDGenerator(time: time, random: random)
        return Submission(id: ids.next(), spec: JobSpec(kind: "work"), caller: "tests")
    }

    @Test func aNewStoreFindsWhatAnEarlierOneCommitted() async throws {
        let first = MemoryStore.open(database)
        let entry = submission()
        _ = try await first.submit([entry], allOrNothing: false)
        await first.close()
        let second = MemoryStore.open(database)
        #expect(try await second.job(entry.id)?.state == .pending)
    }

    @Test func storesShareJobsAndPublishTheirOwnChanges() async throws {
        let stores = [MemoryStore.open(database), MemoryStore.open(database)]
        let published = Mutex<[Int]>([0, 0])
        let count: @Sendable (Int, Int) -> Void = { index, changes in
            published.withLock { $0[index] += changes }
        }
        for (index, store) in stores.enumerated() { store.observe { count(index, $0.changes.count) } }
        _ = try await stores[0].submit([submission()], allOrNothing: false)
        let request = LeaseRequest(worker: WorkerInfo(id: "w"))
        #expect(try await stores[1].claim(request).count == 1)
        #expect(try await stores[0].claim(request).isEmpty)
        #expect(published.withLock { $0 } == [1, 1])
    }

    @Test func aThrowingCallIsRolledBackAndCounted() async throws {
        let store = MemoryStore.openDriver(database)
        let changes = Mutex(0)
        store.observe { batch in changes.withLock { $0 += batch.changes.count } }
        let entry = submission()
        #expect(throws: LonghaulError.self) {
            try store.driver.transact { verbs in
                _ = try verbs.submit([entry], allOrNothing: false)
                throw LonghaulError(.conflict, "thrown after a change")
            }
        }
        #expect(try await store.job(entry.id) == nil)
        #expect(changes.withLock { $0 } == 0)
        #expect(database.partialWrites == 1)
        #expect(throws: LonghaulError.self) {
            try store.driver.transact { _ in throw LonghaulError(.conflict, "thrown before a change") }
        }
        #expect(database.partialWrites == 1)
    }

    @Test func aSnapshotRestoresEverything() async throws {
        let store = MemoryStore.open(database)
        let kept = submission()
        _ = try await store.submit([kept], allOrNothing: false)
        let snapshot = database.snapshot
        let lost = submission()
        _ = try await store.submit([lost], allOrNothing: false)
        database.restore(snapshot)
        #expect(try await store.job(kept.id) != nil)
        #expect(try await store.job(lost.id) == nil)
        #expect(try await store.queue("default")?.depth == 1)
    }
}
