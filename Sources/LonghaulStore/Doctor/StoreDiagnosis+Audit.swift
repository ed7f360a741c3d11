package import LonghaulCore

extension StoreDiagnosis {
    /// The check of the audit log. A break of its chain cannot be repaired.
    ///
    /// - Parameter page: reads the page of records before a number; nil for the newest.
    package static func auditLog(
        _ page: (Int64?) async throws -> AuditPage
    ) async throws -> StoreDiagnosis {
        do {
            let breaks = try await AuditVerification.run(page).breaks
            return StoreDiagnosis(check: "audit", found: breaks.count, example: breaks.first?.description)
        } catch let error as LonghaulError where error.code == .internal {
            // A changed record may be unreadable.
            return StoreDiagnosis(check: "audit", found: 1, example: error.detail)
        }
    }
}
