import LonghaulCore
import LonghaulStore

/// API keys.
extension Transaction {
    private static let all = Query("SELECT \(APIKey.columnNames) FROM api_keys ORDER BY id")
    private static let replace = APIKey.replacement(into: "api_keys")
    private static let delete = Query("DELETE FROM api_keys WHERE id = ?1")
    private static let countChange = Query("UPDATE api_key_state SET version = version + 1")
    private static let recordUse = Query(
        "UPDATE api_keys SET last_used_at = max(coalesce(last_used_at, 0), ?2) WHERE id = ?1")

    func apiKeys() throws -> [APIKey] { try connection.all(Self.all, read: APIKey.init) }

    func upsert(_ key: APIKey) throws {
        try connection.run(Self.replace, key.values)
        try connection.run(Self.countChange)
    }

    func removeAPIKey(_ id: String) throws {
        try connection.run(Self.delete, .text(id))
        try connection.run(Self.countChange)
    }

    func recordUse(ofAPIKey id: String, at moment: Timestamp) throws {
        try connection.run(Self.recordUse, .text(id), .time(moment))
    }
}

/// Reading of API keys.
extension JobLoader {
    private static let state = Query("SELECT version, session_secret FROM api_key_state")
    private static let keys = Query("SELECT \(APIKey.columnNames) FROM api_keys ORDER BY id")

    func apiKeys(unlessVersion version: Int64?) throws -> APIKeyList? {
        guard let state = try connection.first(Self.state, read: { ($0.int64(0), $0.blob(1)) }) else {
            throw CorruptValue("the table api_key_state is empty")
        }
        if state.0 == version { return nil }
        return APIKeyList(
            version: state.0, keys: try connection.all(Self.keys, read: APIKey.init), sessionSecret: state.1)
    }
}
