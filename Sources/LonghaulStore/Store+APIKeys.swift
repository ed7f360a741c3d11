package import LonghaulCore

// MARK: - API keys

extension Store {
    package func recordKeyUses(_ uses: [String: Timestamp]) async throws {
        guard !uses.isEmpty else { return }
        // In a fixed order, so that servers cannot deadlock.
        let sorted = uses.sorted { $0.key < $1.key }
        try await driver.write(WritePlan(weight: sorted.count)) { transaction in
            for (id, moment) in sorted { try transaction.recordUse(ofAPIKey: id, at: moment) }
        }
    }

    package func keys(unlessVersion version: Int64?) async throws -> APIKeyList? {
        try await driver.read { try $0.apiKeys(unlessVersion: version) }
    }
}
