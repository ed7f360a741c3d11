/// The API keys of a store.
///
/// The changes of a store reach the other servers over it through `JobStore.observeSettings(_:)`.
public protocol APIKeyStore: Sendable {
    /// Stores a new key.
    ///
    /// Removes keys that ended more than ``APIKey/endedSeconds`` ago.
    ///
    /// - Throws: `conflict` if a valid key has the same name, or if there are ``APIKey/maxKeys`` keys.
    func createKey(_ key: APIKey) async throws -> APIKey

    /// Revokes a key. A key that has been revoked stays as it is. Returns nil if there is no such key.
    func revokeKey(_ id: String) async throws -> APIKey?

    /// Replaces a key by a new one with the same name, rights and expiry. The old key expires after the overlap.
    ///
    /// - Parameters:
    ///   - replacement: the identifier, the digest and the creator of the new key.
    ///   - overlapSeconds: how long the old key remains valid.
    /// - Returns: the new key; nil if there is no such key.
    /// - Throws: `conflict` if the old key has ended, or if there are ``APIKey/maxKeys`` keys.
    func rotateKey(
        _ id: String, to replacement: APIKeyReplacement, overlapSeconds: Double
    ) async throws -> APIKey?

    /// Records when keys were last used. Earlier times than the recorded ones have no effect.
    func recordKeyUses(_ uses: [String: Timestamp]) async throws

    /// All keys; nil if their version is the given one.
    func keys(unlessVersion version: Int64?) async throws -> APIKeyList?
}

/// The new parts of a key that replaces another one.
public struct APIKeyReplacement: Sendable, Hashable {
    /// The identifier.
    public var id: String
    /// The SHA-256 of the key.
    public var digest: [UInt8]
    /// The name of the key that created it.
    public var createdBy: String

    /// The new parts of a key.
    public init(id: String, digest: [UInt8], createdBy: String) {
        self.id = id
        self.digest = digest
        self.createdBy = createdBy
    }
}
