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

    /// Adds steps to the journal of a job.
    private func addSteps(
        _ numbers: Range<Int>, bytes: Int, to token: LeaseToken, in store: any JobStore
    ) async throws {
        let output = JSONText(validated: Array("\"\(String(repeating: "x", count: bytes))\"".utf8))
        let updates = numbers.flatMap { number in
            var update = OperationUpdate(.start, .step, id: "\(number)", name: "step")
            let start = StoreOperationUpdate(update)
            update.action = .succeed
            update.output = output
            return [start, StoreOperationUpdate(update)]
        }
        _ = try await store.updateJournal(token, updates)
    }

    @Test(arguments: [(count: 5000, bytes: 1), (count: 50, bytes: 250_000)])
    func aJobWithALongJournalIsDeletedInSeveralRounds(count: Int, bytes: Int) async throws {
        let place = try TemporaryStore()
        let store = try place.open()
        let job = place.submission { $0.spec.retentionSeconds = 0 }
        _ = try await store.submit([job], allOrNothing: true)
        let token = try #require(await store.claim(place.request()).first).token
        let size = min(count, 125)
        for start in stride(from: 0, to: count, by: size) {
            try await addSteps(start..<start + size, bytes: bytes, to: token, in: store)
        }
        _ = await store.complete([StoreCompletion(token: token, result: .null)])
        let first = try await store.maintain(limit: 500)
        #expect(first.purged.isEmpty)
        #expect(first.hasMore)
        // The rest of the journal is correct: the job can still be restarted.
        let left = try #require(try await store.job(job.id)).operationCount
        #expect(left > 0 && left < count)
        let database = Database(path: place.path)
        #expect(database.integer("SELECT max(number) FROM operations") == left)
        let doctor = try StoreDoctor(path: place.path, repairs: false)
        for diagnosis in try await doctor.examine() { #expect(diagnosis.found == 0, "\(diagnosis)") }
        await doctor.close()
        #expect(try await maintain(store) == 1)
        await store.close()
        #expect(database.integer("SELECT count(*) FROM operations") == 0)
    }

    @Test func expiredKeysAreDeleted() async throws {
        let time = ManualTime()
        let place = try TemporaryStore()
        let store = try place.open(time: time)
        let jobs = (1...3).map { number in
            place.submission { job in
                let end = time.now().adding(seconds: Double(number * 10))
                job.keys = [
                    SubmissionKey(digest: [UInt8](repeating: UInt8(number), count: 32), lifetime: .until(end))
                ]
            }
        }
        _ = try await store.submit(jobs, allOrNothing: true)
        time.advance(seconds: 25)
        _ = try await store.maintain(limit: 500)
        await store.close()
        #expect(Database(path: place.path).integer("SELECT count(*) FROM submission_keys") == 1)
    }

    /// The number of times that the log of a database has restarted: a field of its header.
    private func logRestarts(_ path: String) -> UInt32 {
        guard let file = FileHandle(forReadingAtPath: path + "-wal") else { return 0 }
        defer { try? file.close() }
        let header = (try? file.read(upToCount: 16)) ?? Data()
        return header.dropFirst(12).reduce(0) { $0 << 8 | UInt32($1) }
    }

    @Test func theLogRestartsUnderConstantReading() async throws {
        let place = try TemporaryStore()
        let store = try place.open(SQLiteStoreOptions(readers: 4, maxLogBytes: 1 << 20))
        let isDone = Shared(false)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    while !isDone.value { _ = try await store.jobs(JobFilter(), after: nil, limit: 50) }
                }
            }
            group.addTask {
                defer { isDone.withLock { $0 = true } }
                let first = logRestarts(place.path)
                try await eventually("the log has restarted three times") {
                    _ = try await store.submit(
                        (0..<20).map { _ in place.submission(bytes: 4000) }, allOrNothing: true)
                    return logRestarts(place.path) >= first + 3
                }
            }
            try await group.waitForAll()
        }
        await store.close()
    }
}
