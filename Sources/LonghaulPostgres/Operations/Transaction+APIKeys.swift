import LonghaulCore
import LonghaulStore

/// API keys.
extension Transaction {
    private static let lock = Query("SELECT version FROM longhaul.api_key_state FOR UPDATE")
    private static let all = Query("SELECT \(APIKey.columnNames) FROM longhaul.api_keys")
    private static let upsert = Query(
        """
        INSERT INTO longhaul.api_keys (\(APIKey.columnNames)) VALUES (\(APIKey.placeholders))
        ON CONFLICT (id) DO UPDATE SET (\(APIKey.columnNames)) = (\(APIKey.excluded))
        """)
    private static let delete = Query("DELETE FROM longhaul.api_keys WHERE id = $1::text")
    private static let countChange = Query("UPDATE longhaul.api_key_state SET version = version + 1")
    private static let recordUse = Query(
        """
        UPDATE longhaul.api_keys SET last_used_at = greatest(last_used_at, $2::bigint) WHERE id = $1::text
        """)

    func apiKeys() throws -> [APIKey] {
        if apiKeyRows == nil {
            // Two statements: the second one sees what another server committed before it released the lock.
            try connection.run(Request(Self.lock))
            let keys = try connection.run(Request(Self.all)).map { try APIKey(&$0) }
            apiKeyRows = Dictionary(keys.map { ($0.id, $0) }) { first, _ in first }
        }
        return (apiKeyRows ?? [:]).values.sorted { $0.id < $1.id }
    }

    func upsert(_ key: APIKey) {
        apiKeyRows?[key.id] = key
        writes += [Request(Self.upsert, key.parameters), Request(Self.countChange)]
    }

    func removeAPIKey(_ id: String) {
        apiKeyRows?[id] = nil
        writes += [Request(Self.delete, .text(id)), Request(Self.countChange)]
    }

    func recordUse(ofAPIKey id: String, at moment: Timestamp) {
        writes.append(Request(Self.recordUse, .text(id), .time(moment)))
    }
}

/// Reading of API keys.
extension Reader {
    private static let version = Query("SELECT version, session_secret FROM longhaul.api_key_state")
    private static let keys = Query("SELECT \(APIKey.columnNames) FROM longhaul.api_keys ORDER BY id")

    func apiKeys(unlessVersion version: Int64?) throws -> APIKeyList? {
        var state = try connection.run(Request(Self.version)).first
        if let version, state?.int64() == version { return nil }
        let answers = try see([Request(Self.version), Request(Self.keys)])
        state = answers[0].first
        guard let latest = state?.int64(), let secret = state?.bytes() else {
            throw CorruptValue("the table api_key_state is empty")
        }
        return APIKeyList(
            version: latest, keys: try answers[1].map { try APIKey(&$0) }, sessionSecret: secret)
    }
}
