import LonghaulConformance
import LonghaulCore
import Testing

/// The table of the audit log.
struct AuditLogTests {
    private func setDepth(_ depth: Int, _ store: any JobStore) async throws {
        try await AuditSource.$current.withValue(AuditSource(caller: "boss")) {
            _ = try await store.setQueue("mail", QueueSettings(maxDepth: depth))
        }
    }

    @Test func aChangeWhoseRecordCannotBeWrittenIsNotMade() async throws {
        let place = try TemporaryStore()
        var store = try place.open()
        try await setDepth(1, store)
        await store.close()
        // The number of the next record is taken.
        Database(path: place.path).run("UPDATE audit SET number = 2")
        store = try place.open()
        await #expect(throws: LonghaulError.self) { try await setDepth(2, store) }
        #expect(try await store.queues().map(\.settings.maxDepth) == [1])
        await store.close()
    }

    @Test func aFilterSkipsTheRecordsOfOthers() async throws {
        let place = try TemporaryStore()
        var store = try place.open()
        try await setDepth(1, store)
        await store.close()
        let others = 3 * AuditPage.maxScanned
        Database(path: place.path).run(
            """
            WITH RECURSIVE n(number) AS (SELECT 2 UNION ALL SELECT number + 1 FROM n LIMIT \(others))
            INSERT INTO audit SELECT n.number, 0, 'other', NULL, NULL, NULL, 'queue.delete', '[]', 1, NULL, NULL, x'00'
            FROM n
            """)
        store = try place.open()
        try await expectFiltersFindTheFirstRecord(of: store)
        await store.close()
    }
}
