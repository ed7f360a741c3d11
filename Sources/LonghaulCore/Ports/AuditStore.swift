/// The audit log of a store.
///
/// The store writes a record in the transaction of each change that has an ``AuditSource``. A change that is refused, or that
/// changes nothing, has no record.
public protocol AuditStore: Sendable {
    /// A page of records, newest first.
    ///
    /// A page may have fewer records than `limit`, and a next page: it reads at most ``AuditPage/maxScanned`` records.
    ///
    /// - Parameter number: only records before this number; nil for the newest.
    func auditRecords(_ filter: AuditFilter, before number: Int64?, limit: Int) async throws -> AuditPage

    /// Removes at most `limit` of the oldest records whose age exceeds a time, up to the first younger one. Returns whether
    /// there may be more. The chain keeps the hash of the last removed record.
    func removeAuditRecords(olderThanSeconds seconds: Double, limit: Int) async throws -> Bool
}
