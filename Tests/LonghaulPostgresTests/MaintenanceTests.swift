import LonghaulConformance
import LonghaulCore
import LonghaulStore
import Testing

@testable import LonghaulPostgres

/// Maintenance finds rows that a server missed.
struct MaintenanceTests {
    @Test func missedRowsAreFoundWithinAMinute() async throws {
        let place = try TemporaryDatabase()
        let store = try await place.open(laneSeconds: 86_400)
        let job = place.submission { $0.runAt = SystemTime().now().adding(seconds: 3600) }
        _ = try await store.submit([job], allOrNothing: true)
        #expect(try await store.maintain(limit: 10).promoted == 0)
        // The job is due, and this server does not know it.
        try place.query(
            "UPDATE \(place.schema).jobs SET due = 1, run_at = 1; UPDATE \(place.schema).agenda SET due = 1")
        #expect(try await store.maintain(limit: 10).promoted == 0)
        try await store.driver.transact(WritePlan()) { $0.cache.searchedAt -= 61 }
        #expect(try await store.maintain(limit: 10).promoted == 1)
        await store.close()
    }
}
