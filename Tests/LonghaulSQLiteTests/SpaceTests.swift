import Foundation
import LonghaulConformance
import LonghaulCore
import LonghaulJSON
import LonghaulSQLite
import LonghaulTestSupport
import Testing

/// The file shrinks when jobs are deleted, and its log is bounded.
struct SpaceTests {
    private func size(_ path: String) -> Int64 {
        let facts = try? FileManager.default.attributesOfItem(atPath: path)
        return (facts?[.size] as? NSNumber)?.int64Value ?? 0
    }

    /// Runs maintenance until there is nothing left to do.
    private func maintain(_ store: any JobStore) async throws -> Int {
        var purged = 0
        while true {
            let round = try await store.maintain(limit: 500)
            purged += round.purged.count
            if !round.hasMore { return purged }
        }
    }

    @Test func theFileShrinksAfterJobsAreDeleted() async throws {
        let place = try TemporaryStore()
        let store = try place.open()
        let jobs = (0..<4000).map { _ in place.submission(bytes: 8000) { $0.spec.retentionSeconds = 0 } }
        for start in stride(from: 0, to: jobs.count, by: 500) {
            _ = try await store.submit(Array(jobs[start..<start + 500]), allOrNothing: true)
        }
        let before = Database(path: place.path).integer("PRAGMA page_count")
        for start in stride(from: 0, to: jobs.count, by: 500) {
            _ = await store.cancel(jobs[start..<start + 500].map(\.id))
        }
        #expect(try await maintain(store) == jobs.count)
        let after = Database(path: place.path).integer("PRAGMA page_count")
        #expect(before > 8000)
        #expect(after < 2200)
        await store.close()
        #expect(size(place.path) == after * 4096)
    }

    @Test func aJobWithALongLogIsDeletedInSeveralRounds() async throws {
        let place = try TemporaryStore()
        let store = try place.open()
        let job = place.submission { $0.spec.retentionSeconds = 0 }
        _ = try await store.submit([job], allOrNothing: true)
        let token = try #require(await store.claim(place.request()).first).token
        let line = LogLine(at: Timestamp(milliseconds: 0), level: .info, message: "a line")
        try await store.appendLogs(token, Array(repeating: line, count: 5000))
        _ = await store.complete([StoreCompletion(token: token, result: .null)])
        let first = try await store.maintain(limit: 500)
        #expect(first.purged.isEmpty)
        #expect(first.hasMore)
        #expect(try await maintain(store) == 1)
        await store.close()
        #expect(Database(path: place.path).integer("SELECT count(*) FROM logs") == 0)
    }

    @Test func logStaysBoundedUnderConstantReading() async throws {
        let place = try TemporaryStore()
        let bound: Int64 = 1 << 20
        let store = try place.open(SQLiteStoreOptions(readers: 4, maxLogBytes: bound))
        let isDone = Shared(false)
        let most = Shared(Int64(0))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    while !isDone.value { _ = try await store.jobs(JobFilter(), after: nil, limit: 50) }
                }
            }
            group.addTask {
                defer { isDone.withLock { $0 = true } }
                for _ in 0..<200 {
                    _ = try await store.submit(
                        (0..<20).map { _ in place.submission(bytes: 4000) }, allOrNothing: true)
                    let now = size(place.path + "-wal")
                    most.withLock { $0 = max($0, now) }
                }
            }
            try await group.waitForAll()
        }
        await store.close()
        // 200 commits write some 17 MB; between two looks at the log lie 32 commits, some 3 MB.
        #expect(most.value < 9 * bound)
    }
}
