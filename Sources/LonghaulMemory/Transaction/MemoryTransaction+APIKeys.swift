package import LonghaulCore
import LonghaulStore

/// API keys.
extension MemoryTransaction {
    package func apiKeys() -> [APIKey] { tables.apiKeys.values.sorted { $0.id < $1.id } }

    package func upsert(_ key: APIKey) {
        tables.apiKeys[key.id] = key
        tables.apiKeyVersion += 1
    }

    package func removeAPIKey(_ id: String) {
        tables.apiKeys[id] = nil
        tables.apiKeyVersion += 1
    }

    package func recordUse(ofAPIKey id: String, at moment: Timestamp) {
        guard let key = tables.apiKeys[id] else { return }
        tables.apiKeys[id]?.lastUsedAt = max(key.lastUsedAt ?? moment, moment)
    }
}

extension MemoryReader {
    package func apiKeys(unlessVersion version: Int64?) -> APIKeyList? {
        guard version != tables.apiKeyVersion else { return nil }
        return APIKeyList(
            version: tables.apiKeyVersion, keys: tables.apiKeys.values.sorted { $0.id < $1.id },
            sessionSecret: tables.sessionSecret)
    }
}
