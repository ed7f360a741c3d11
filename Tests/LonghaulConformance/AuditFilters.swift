package import LonghaulCore
import Testing

/// Expects the first record of a queue `mail` by `boss` on the first page of each filter, however many records of others
/// are after it.
package func expectFiltersFindTheFirstRecord(of store: any JobStore) async throws {
    for change in [
        { $0.caller = "boss" }, { $0.action = .setQueue }, { $0.subject = "mail" },
    ] as [(inout AuditFilter) -> Void] {
        var filter = AuditFilter()
        change(&filter)
        let page = try await store.auditRecords(filter, before: nil, limit: 5)
        #expect(page.records.map(\.number) == [1] && page.next == nil)
    }
    var filter = AuditFilter()
    filter.subject = "none"
    let none = try await store.auditRecords(filter, before: nil, limit: 5)
    #expect(none.records.isEmpty && none.next == nil)
}
