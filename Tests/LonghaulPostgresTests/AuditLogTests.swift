import LonghaulConformance
import LonghaulCore
import LonghaulStore
import Testing

/// The tables of the audit log.
struct AuditLogTests {
    private func setDepth(_ depth: Int, _ store: any JobStore) async throws {
        try await AuditSource.$current.withValue(AuditSource(caller: "boss")) {
            _ = try await store.setQueue("mail", QueueSettings(maxDepth: depth))
        }
    }

    @Test func aChangeWhoseRecordCannotBeWrittenIsNotMade() async throws {
        let place = try TemporaryDatabase()
        let store = try await place.open()
        try await setDepth(1, store)
        // There is no end of the chain to which a record can be added.
        _ = try place.query("DELETE FROM \(place.schema).audit_chain WHERE place = 'last'")
        await #expect(throws: LonghaulError.self) { try await setDepth(2, store) }
        #expect(try await store.queues().map(\.settings.maxDepth) == [1])
        await store.close()
    }

    @Test func aFilterSkipsTheRecordsOfOthers() async throws {
        let place = try TemporaryDatabase()
        let store = try await place.open()
        try await setDepth(1, store)
        let others = 3 * AuditPage.maxScanned
        _ = try place.query(
            """
            INSERT INTO \(place.schema).audit
            SELECT n, 0, 'other', NULL, NULL, NULL, 'queue.delete', '[]', 1, NULL, NULL, ''
            FROM generate_series(2, \(others)) n
            """)
        try await expectFiltersFindTheFirstRecord(of: store)
        await store.close()
    }
}
