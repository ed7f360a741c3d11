package import LonghaulCore
import LonghaulJSON

/// API keys: create, revoke, rotate.
extension StoreTransaction {
    /// Stores a new key, and removes keys that ended long ago.
    ///
    /// Keys are removed here alone, so that a store that has ever had a key always has one, and its servers never accept
    /// requests without a key again.
    package func createKey(_ key: APIKey, by source: AuditSource? = nil) throws -> APIKey {
        let keys = try apiKeys()
        if let other = keys.first(where: { $0.name == key.name && $0.endedAt(by: now) == nil }) {
            throw LonghaulError(
                .conflict,
                "the API key \(other.id) is valid and has the name \"\(key.name)\": rotate or revoke it, or choose another name"
            )
        }
        let stored = try insert(key, beside: keys)
        try record(.createKey, of: [stored.id, stored.name], by: source, after: Self.facts(of: stored))
        return stored
    }

    private func insert(_ key: APIKey, beside keys: [APIKey]) throws -> APIKey {
        guard !keys.contains(where: { $0.id == key.id }) else {
            throw LonghaulError(.conflict, "there is already an API key \(key.id)")
        }
        let horizon = now.adding(seconds: -APIKey.endedSeconds)
        let old = keys.filter { $0.endedAt(by: horizon) != nil }
        guard keys.count - old.count < APIKey.maxKeys else {
            throw LonghaulError(
                .conflict,
                "there are \(APIKey.maxKeys) API keys, the maximum; keys are removed 30 days after their end")
        }
        for key in old { try removeAPIKey(key.id) }
        var key = key
        key.createdAt = now
        try upsert(key)
        announceSettings()
        return key
    }

    /// Revokes a key; nil if there is no such key.
    package func revokeKey(_ id: String, by source: AuditSource? = nil) throws -> APIKey? {
        guard var key = try apiKeys().first(where: { $0.id == id }) else { return nil }
        guard key.revokedAt == nil else { return key }
        let before = Self.facts(of: key)
        key.revokedAt = now
        try upsert(key)
        announceSettings()
        try record(
            .revokeKey, of: [key.id, key.name], by: source, before: before, after: Self.facts(of: key))
        return key
    }

    /// Replaces a key; nil if there is no such key.
    package func rotateKey(
        _ id: String, to replacement: APIKeyReplacement, overlapSeconds: Double,
        by source: AuditSource? = nil
    ) throws -> APIKey? {
        let keys = try apiKeys()
        guard var old = keys.first(where: { $0.id == id }) else { return nil }
        guard old.endedAt(by: now) == nil else {
            throw LonghaulError(
                .conflict, "the API key \(id) is \(old.state(at: now).rawValue); create a new one")
        }
        let new = APIKey(
            id: replacement.id, name: old.name, grant: old.grant, digest: replacement.digest, createdAt: now,
            createdBy: replacement.createdBy, expiresAt: old.expiresAt)
        let stored = try insert(new, beside: keys)
        let before = Self.facts(of: old)
        let end = now.adding(seconds: overlapSeconds)
        old.expiresAt = min(old.expiresAt ?? end, end)
        try upsert(old)
        try record(
            .rotateKey, of: [old.id, stored.id, old.name], by: source, before: before,
            after: Self.facts(of: old, replacement: stored.id))
        return stored
    }

    /// The facts of a key for the audit log, without its digest.
    private static func facts(of key: APIKey, replacement: String? = nil) -> JSONText {
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("name", key.name)
            key.grant.writeFields(to: &writer)
            writer.field("expires_at", key.expiresAt?.description)
            writer.field("revoked_at", key.revokedAt?.description)
            if let replacement { writer.field("replacement", replacement) }
        }
        return writer.text
    }
}
