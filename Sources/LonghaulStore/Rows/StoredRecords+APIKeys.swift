package import LonghaulCore

extension APIKey: StoredRecord {
    package static func blank() -> APIKey {
        APIKey(
            id: "", name: "", grant: KeyGrant(scopes: []), digest: [],
            createdAt: Timestamp(milliseconds: 0), createdBy: "")
    }

    package static let columns: [Column<APIKey>] = [
        Column("id", .text, { .text($0.id) }) { $0.id = $1.text },
        Column("name", .text, { .text($0.name) }) { $0.name = $1.text },
        Column(
            "scopes", .text, { .text(TextCoding.encode($0.grant.scopes.map(\.rawValue).sorted())) }
        ) { key, value in
            key.grant.scopes = Set(
                try TextCoding.list(value.text).map { word in
                    guard let scope = KeyScope(rawValue: word) else {
                        throw CorruptValue("the API key \(key.id): unknown scope \(word)")
                    }
                    return scope
                })
        },
        Column("queues", .text, { .text(TextCoding.encode($0.grant.queues)) }) {
            $0.grant.queues = try TextCoding.list($1.text)
        },
        Column("kinds", .text, { .text(TextCoding.encode($0.grant.kinds)) }) {
            $0.grant.kinds = try TextCoding.list($1.text)
        },
        Column("digest", .blob, { .blob($0.digest) }) { $0.digest = $1.blob },
        Column("created_at", .integer, { .time($0.createdAt) }) { $0.createdAt = $1.time },
        Column("created_by", .text, { .text($0.createdBy) }) { $0.createdBy = $1.text },
        Column("expires_at", .integer, { .time($0.expiresAt) }) { $0.expiresAt = $1.optionalTime },
        Column("last_used_at", .integer, { .time($0.lastUsedAt) }) { $0.lastUsedAt = $1.optionalTime },
        Column("revoked_at", .integer, { .time($0.revokedAt) }) { $0.revokedAt = $1.optionalTime },
    ]
}
