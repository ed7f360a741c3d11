public import LonghaulCore

extension Engine {
    /// A page of the audit log, newest first.
    ///
    /// - Parameter number: only records before this number; nil for the newest.
    public func auditRecords(
        _ filter: AuditFilter = AuditFilter(), before number: Int64? = nil, limit: Int
    ) async throws -> AuditPage {
        try await store.auditRecords(filter, before: number, limit: limit)
    }
}
