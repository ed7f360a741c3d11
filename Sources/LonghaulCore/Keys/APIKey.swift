/// An API key, without its secret.
public struct APIKey: Sendable, Hashable {
    /// The public identifier, a part of the key.
    public var id: String
    /// The name, which is the caller of the jobs that are submitted with the key.
    public var name: String
    /// The rights of the key.
    public var grant: KeyGrant
    /// The SHA-256 of the whole key.
    public var digest: [UInt8]
    /// When it was created.
    public var createdAt: Timestamp
    /// The name of the key that created it; `anonymous` for the first key of a server, `command` if it was created in the
    /// store directly.
    public var createdBy: String
    /// When it expires; nil for never.
    public var expiresAt: Timestamp?
    /// When it was last used, to within ``useResolutionSeconds``; nil if it was never used.
    public var lastUsedAt: Timestamp?
    /// When it was revoked; nil if it was not.
    public var revokedAt: Timestamp?

    /// A key that was not used yet.
    public init(
        id: String, name: String, grant: KeyGrant, digest: [UInt8], createdAt: Timestamp, createdBy: String,
        expiresAt: Timestamp? = nil
    ) {
        self.id = id
        self.name = name
        self.grant = grant
        self.digest = digest
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.expiresAt = expiresAt
    }

    /// The minimum time between two records of ``lastUsedAt``, in seconds.
    public static let useResolutionSeconds = 60.0
    /// The maximum number of keys in a store.
    public static let maxKeys = 10_000
    /// How long a key that has ended is listed, in seconds: 30 days.
    public static let endedSeconds = 30 * 86_400.0

    /// When the key ended; nil while it is valid.
    public func endedAt(by now: Timestamp) -> Timestamp? {
        let end = [revokedAt, expiresAt].compactMap { $0 }.min()
        return end.flatMap { $0 <= now ? $0 : nil }
    }

    /// The state of a key.
    public enum State: String, Sendable, Hashable, CaseIterable {
        case active, expired, revoked
    }

    /// The state of the key at a time.
    public func state(at now: Timestamp) -> State {
        if revokedAt != nil { return .revoked }
        return endedAt(by: now) == nil ? .active : .expired
    }
}

/// All keys of a store.
public struct APIKeyList: Sendable, Hashable {
    /// The version of the list. It increases when a key is created, revoked or rotated, and not when one is used.
    public var version: Int64
    /// The keys.
    public var keys: [APIKey]
    /// 32 random bytes of the store, which seal the sessions of the dashboard.
    public var sessionSecret: [UInt8]

    /// A list of this version.
    public init(version: Int64, keys: [APIKey], sessionSecret: [UInt8]) {
        self.version = version
        self.keys = keys
        self.sessionSecret = sessionSecret
    }
}
