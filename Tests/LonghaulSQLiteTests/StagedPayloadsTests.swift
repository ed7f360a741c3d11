import LonghaulConformance
import LonghaulCore
import LonghaulJSON
import LonghaulStore
import LonghaulTestSupport
import Testing

@testable import LonghaulSQLite

/// Large batches store their payloads ahead of their jobs.
struct StagedPayloadsTests {
    private let place: TemporaryStore

    init() throws {
        place = try TemporaryStore()
    }

    /// A batch whose payloads do not fit into one transaction.
    private func largeBatch() -> [Submission] {
        (0..<300).map { _ in place.submission(bytes: 8_000) }
    }

    private var database: Database { Database(path: place.path) }

    private func rows(_ table: String) -> Int64 { database.integer("SELECT count(*) FROM \(table)") }

    @Test func theJobsOfALargeBatchHaveTheirPayloads() async throws {
        let store = try place.open()
        let batch = largeBatch() + [place.submission(bytes: 10)]
        #expect(StagedPayloads.groups(of: .submit(batch)).count == 3)
        let outcomes = try await store.submit(batch, allOrNothing: true)
        #expect(outcomes.count == batch.count)
        for submission in batch {
            #expect(try await store.job(submission.id)?.spec.payload == submission.spec.payload)
        }
        #expect(rows("payloads") == 300)
        #expect(rows("staged_payloads") == 0)
        await store.close()
    }

    @Test func theNextJobsOfACompletionHaveTheirPayloads() async throws {
        let store = try place.open()
        _ = try await store.submit([place.submission()], allOrNothing: true)
        let token = try #require(await store.claim(place.request()).first).token
        let next = largeBatch()
        let completion = StoreCompletion(token: token, result: .null, next: next)
        #expect(StagedPayloads.groups(of: .complete([completion])).count == 3)
        _ = try await store.complete([completion])[0].get()
        for submission in next {
            #expect(try await store.job(submission.id)?.spec.payload == submission.spec.payload)
        }
        #expect(rows("staged_payloads") == 0)
        await store.close()
    }

    @Test func aRefusedBatchLeavesNoPayloads() async throws {
        let store = try place.open()
        store.configure(StoreLimits(maxDepth: 200))
        let outcomes = try await store.submit(largeBatch(), allOrNothing: true)
        #expect(outcomes.allSatisfy { if case .refused = $0 { true } else { false } })
        #expect(rows("jobs") == 0)
        #expect(rows("payloads") == 0)
        #expect(rows("staged_payloads") == 0)
        await store.close()
    }

    @Test func aRepeatedBatchLeavesNoPayloads() async throws {
        let store = try place.open()
        var batches = [largeBatch(), largeBatch()]
        for index in batches.indices {
            for entry in batches[index].indices {
                let digest = [UInt8](repeating: UInt8(entry % 256), count: 31) + [UInt8(entry / 256)]
                batches[index][entry].keys = [
                    SubmissionKey(digest: digest, fingerprint: [1], lifetime: .whileActive)
                ]
            }
        }
        _ = try await store.submit(batches[0], allOrNothing: true)
        let outcomes = try await store.submit(batches[1], allOrNothing: true)
        #expect(outcomes.allSatisfy { if case .existing = $0 { true } else { false } })
        #expect(rows("payloads") == 300)
        #expect(rows("staged_payloads") == 0)
        await store.close()
    }

    @Test func thePayloadsOfAnInterruptedBatchAreDeletedWhenTheStoreIsOpened() async throws {
        let submission = place.submission(bytes: 8_000)
        do {
            let store = try place.open()
            _ = try await store.submit([submission], allOrNothing: true)
            await store.close()
        }
        let seq = JobSequence.base(of: place.ids.next())
        database.run(
            """
            WITH RECURSIVE places(seq) AS (SELECT \(seq) UNION ALL SELECT seq + 128 FROM places LIMIT 250)
            INSERT INTO payloads SELECT seq, x'31' FROM places;
            INSERT INTO staged_payloads SELECT seq FROM payloads WHERE seq >= \(seq);
            """)
        #expect(rows("payloads") == 251)
        let store = try place.open()
        #expect(rows("payloads") == 1)
        #expect(rows("staged_payloads") == 0)
        #expect(try await store.job(submission.id)?.spec.payload == submission.spec.payload)
        await store.close()
    }

    @Test func anotherIdentifierOfTheSameMomentGetsAnotherPlace() async throws {
        let store = try SQLiteStore.openDriver(path: place.path)
        let staged = place.submission(bytes: 8_000)
        try await store.driver.transact(WritePlan()) { try $0.payloads.stage([staged], in: $0.connection) }
        var other = place.submission(bytes: 9_000)
        other.id = JobID(high: staged.id.high, low: staged.id.low ^ 1)
        _ = try await store.submit([other], allOrNothing: true)
        _ = try await store.submit([staged], allOrNothing: true)
        for submission in [staged, other] {
            #expect(try await store.job(submission.id)?.spec.payload == submission.spec.payload)
        }
        #expect(rows("payloads") == 2)
        await store.close()
    }
}
