import LonghaulConcurrency
import LonghaulTestSupport
import Testing

@testable import LonghaulSQLite

/// The progress that a long statement reports to the watchdog.
struct ProgressTests {
    @Test func longStatementCountsAsProgress() async throws {
        let meter = WorkMeter("test")
        let before = meter.sample.progress
        let rows = try await onThread {
            meter.adoptThread()
            return try Self.countSlowly()
        }
        #expect(rows == 2_000_000)
        #expect(meter.sample.progress > before)
    }

    private static func countSlowly() throws -> Int64? {
        let connection = try Connection(path: ":memory:", creating: true)
        return try connection.first(
            Query(
                """
                WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 2000000)
                SELECT count(*) FROM numbers
                """)
        ) { $0.int64(0) }
    }
}
