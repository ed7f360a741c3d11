import LonghaulConformance
import LonghaulCore
import LonghaulJSON
import LonghaulPostgres
import LonghaulStore
import LonghaulTestServers
import Synchronization
import Testing

/// Large calls, which commit in transactions of their own.
struct SeparateTransactionTests {
    /// The jobs of a large batch; each depends on the first one.
    private func batch(_ place: TemporaryDatabase) -> [Submission] {
        let first = place.submission()
        return [first]
            + (0..<400).map { _ in
                place.submission(bytes: 16_384) { $0.dependsOn = [first.id] }
            }
    }

    /// Only the batch writes edges, so a lock on their table delays only the batch.
    @Test func otherCallersDoNotWaitForALargeBatch() async throws {
        let place = try TemporaryDatabase()
        let store = try await place.open()
        let lock = try place.server.begin("LOCK TABLE \(place.schema).dependencies IN ACCESS EXCLUSIVE MODE")
        let batch = batch(place)
        async let large = store.submit(batch, allOrNothing: true)
        let small = place.submission()
        _ = try await store.submit([small], allOrNothing: true)
        let lease = try #require(await store.claim(place.request()).first)
        #expect(lease.token.jobID == small.id)
        _ = try await store.complete([StoreCompletion(token: lease.token, result: .null)])[0].get()
        #expect(try await store.queue("default")?.counts == [.completed: 1])
        try lock.end()
        #expect(try await large.count == batch.count)
        #expect(try await store.queue("default")?.counts == [.completed: 1, .pending: 1, .blocked: 400])
        await store.close()
    }

    @Test func changesOfLargeBatchesArePublishedInTheOrderOfVersions() async throws {
        let place = try TemporaryDatabase()
        let store = try await place.open()
        let versions = Mutex<[JobID: [Int]]>([:])
        store.observe { batch in
            versions.withLock { versions in
                for change in batch.changes { versions[change.jobID, default: []].append(change.version) }
            }
        }
        let worker = Task {
            var completed = 0
            while completed < 4 * 401 {
                let leases = try await store.claim(place.request(100))
                for answer in await store.complete(
                    leases.map { StoreCompletion(token: $0.token, result: .null) })
                {
                    _ = try answer.get()
                }
                completed += leases.count
            }
            return completed
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask { _ = try await store.submit(self.batch(place), allOrNothing: true) }
            }
            try await group.waitForAll()
        }
        #expect(try await worker.value == 4 * 401)
        #expect(try await store.queue("default")?.counts == [.completed: 4 * 401])
        await store.close()
        let published = versions.withLock { $0 }
        #expect(published.count == 4 * 401)
        #expect(published.values.allSatisfy { $0 == Array(1...$0.count) })
    }
}
