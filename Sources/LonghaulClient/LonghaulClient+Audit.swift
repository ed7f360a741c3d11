public import LonghaulCore
import LonghaulHTTP

extension LonghaulClient {
    /// A page of the audit log, newest first.
    ///
    /// - Parameter number: only records before this number; nil for the newest.
    public func auditRecords(
        _ filter: AuditFilter = AuditFilter(), before number: Int64? = nil, limit: Int = 50
    ) async throws -> AuditPage {
        let parameters: [(name: String, value: String?)] = [
            ("limit", "\(limit)"), ("cursor", number.map { AuditCursor(before: $0).description }),
            ("action", filter.action?.rawValue), ("caller", filter.caller), ("subject", filter.subject),
            ("created_after", filter.createdAfter?.description),
            ("created_before", filter.createdBefore?.description),
        ]
        let query = parameters.compactMap { name, value in
            value.map { "\(name)=" + PathSegment.encode($0) }
        }
        let path = "/v1/audit?" + query.joined(separator: "&")
        return try AuditPage.decode(answer: try await send("GET", path).body)
    }
}
