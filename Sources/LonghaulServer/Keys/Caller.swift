import LonghaulCore

/// Who sends a request, and what the caller may do.
struct Caller: Sendable {
    /// The name of the API key, or `anonymous`.
    let name: String
    /// The identifier of the API key; nil without one.
    let keyID: String?
    /// The rights.
    let grant: KeyGrant
    /// When the key expires; nil for never.
    let expiresAt: Timestamp?

    /// The caller of a server without keys, who may do everything.
    static let anonymous = Caller(
        name: NewAPIKey.anonymous, keyID: nil, grant: .everything, expiresAt: nil)

    init(_ key: APIKey) {
        self.init(name: key.name, keyID: key.id, grant: key.grant, expiresAt: key.expiresAt)
    }

    private init(name: String, keyID: String?, grant: KeyGrant, expiresAt: Timestamp?) {
        self.name = name
        self.keyID = keyID
        self.grant = grant
        self.expiresAt = expiresAt
    }
}
