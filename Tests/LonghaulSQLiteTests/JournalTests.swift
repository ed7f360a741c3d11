import LonghaulConformance
import LonghaulCore
import LonghaulJSON
import LonghaulStore
import LonghaulTestSupport
import Testing

@testable import LonghaulSQLite

/// What only this driver does with journals.
struct JournalTests {
    private let place: TemporaryStore

    init() throws {
        place = try TemporaryStore()
    }

    private func json(_ text: String) -> JSONText { JSONText(validated: Array(text.utf8)) }

    /// The lease of a new job.
    private func lease(
        from store: any JobStore, _ change: (inout Submission) -> Void = { _ in }
    ) async throws -> Lease {
        _ = try await store.submit([place.submission(change)], allOrNothing: true)
        return try #require(try await store.claim(place.request()).first)
    }

    @Test func aJobIsMovedWithItsJournalAndItsSignals() async throws {
        let store = try SQLiteStore.openDriver(path: place.path)
        let lease = try await lease(from: store)
        let id = lease.job.id
        _ = try await store.putStep(lease.token, name: "a", output: json("1"))
        _ = try await store.signal(id, Signal(name: "early", value: json("2"), key: [1]))
        let update = OperationUpdate(.start, .signal, id: "s", name: "early")
        _ = try await store.updateJournal(lease.token, [StoreOperationUpdate(update)])
        let moved = try #require(try await store.driver.movedJobs(after: 0, limit: 10).jobs.first)
        #expect(moved.operations == (try await store.journal(of: id, after: 0, limit: 10))?.operations)
        #expect(moved.operations.map(\.name) == ["a", "early"])
        #expect(moved.signals.map(\.signal) == [Signal(name: "early", value: json("2"), key: [1])])
        #expect(moved.signals.map(\.consumedBy) == [2])
        #expect(moved.row.job.operationCount == 2)
        await store.close()
    }

    @Test(arguments: [(2, 5000), (5000, 2), (5000, 6000)])
    func aPayloadIsReplacedInItsTable(_ first: Int, _ second: Int) async throws {
        let store = try place.open()
        let lease = try await lease(from: store) { $0 = self.place.submission(bytes: first) }
        let payload = json("\"\(String(repeating: "y", count: second))\"")
        _ = try await store.continueAsNew(lease.token, payload: payload)
        let again = try #require(try await store.claim(place.request()).first)
        #expect(again.job.spec.payload == payload)
        await store.close()
        let database = Database(path: place.path)
        #expect(
            database.integer("SELECT count(*) FROM payloads") == (second > JobRow.maxInlinePayload ? 1 : 0))
    }

    @Test func anOrdinaryJobHasNoJournal() async throws {
        let store = try place.open()
        _ = try await lease(from: store)
        await store.close()
        let database = Database(path: place.path)
        #expect(database.integer("SELECT count(*) FROM jobs WHERE journal IS NULL AND wake_at IS NULL") == 1)
    }
}
