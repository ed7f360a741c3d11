import CSQLite
import LonghaulConformance
import LonghaulCore
import LonghaulSQLite
import LonghaulTestSupport
import Testing

/// Outages of a database that rejects writes.
struct OutageTests {
    /// Holds the write lock of a database file while `body` runs.
    private func whileLocked(_ path: String, _ body: () async throws -> Void) async throws {
        var handle: OpaquePointer?
        defer { sqlite3_close_v2(handle) }
        #expect(sqlite3_open(path, &handle) == SQLITE_OK)
        #expect(sqlite3_exec(handle, "BEGIN IMMEDIATE", nil, nil, nil) == SQLITE_OK)
        try await body()
    }

    @Test func aLeaseEndsOnTimeAlthoughTheClockWasSetBackBetweenTwoProcesses() async throws {
        let start = ManualTime().now()
        let place = try TemporaryStore()
        var store = try place.open(time: ManualTime(start))
        _ = try await store.submit([place.submission()], allOrNothing: true)
        let lease = try #require(await store.claim(place.request()).first)
        await store.close()

        let time = ManualTime(start.adding(seconds: -86_400))
        store = try place.open(time: time)
        _ = try await store.maintain(limit: 500)
        var expired = 0
        // A longer step would count as an outage, which extends leases.
        for _ in 0...Int(lease.expiresAt.seconds(since: start)) {
            time.advance(seconds: 1)
            expired += try await store.maintain(limit: 500).expiredLeases
        }
        #expect(expired == 1)
        await store.close()
    }

    @Test func idleTimeAfterOneRefusedTransactionIsNoOutage() async throws {
        let time = ManualTime()
        let place = try TemporaryStore()
        let store = try place.open(time: time)
        store.configure(StoreLimits(outageSeconds: 1))
        let before = try await store.recordActivity()
        // The call waits for the lock for five seconds.
        try await whileLocked(place.path) {
            let error = await #expect(throws: LonghaulError.self) {
                _ = try await store.submit([place.submission()], allOrNothing: false)
            }
            #expect(error?.code == .unavailable)
        }
        for _ in 0..<20 {
            time.advance(seconds: 0.5)
            _ = try await store.recordActivity()
        }
        _ = try await store.submit([place.submission()], allOrNothing: false)
        #expect(try await store.recordActivity() == before)
        #expect(try await store.routing() == RoutingTable())
        await store.close()
    }
}
