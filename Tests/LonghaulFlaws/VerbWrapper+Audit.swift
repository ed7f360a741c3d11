package import LonghaulCore
import LonghaulStore

/// The verbs of the audit log.
extension VerbWrapper {
    package func append(_ entry: AuditEntry) throws {
        try willCall()
        try inner.append(entry)
    }
    package func oldestAuditRecords(limit: Int) throws -> [AuditRecord] {
        try willCall()
        return try inner.oldestAuditRecords(limit: limit)
    }
    package func removeAuditRecords(upTo link: AuditLink) throws {
        try willCall()
        try inner.removeAuditRecords(upTo: link)
    }
    package func routing() throws -> RoutingTable {
        try willCall()
        return try inner.routing()
    }
}
