public import LonghaulCore
import LonghaulJSON

/// Creates, revokes and rotates API keys in a store.
///
/// ```swift
/// let keys = APIKeyIssuer(store: store, createdBy: "command")
/// let issued = try await keys.create(NewAPIKey(name: "reports", grant: KeyGrant(scopes: [.jobsRead])))
/// print(issued.text)
/// ```
public struct APIKeyIssuer: Sendable {
    private let store: any APIKeyStore
    private let createdBy: String
    private let time: any TimeSource

    /// An issuer of the keys of a store.
    ///
    /// - Parameter createdBy: the name of the key that creates the keys, or `command`.
    public init(store: any APIKeyStore, createdBy: String, time: any TimeSource = SystemTime()) {
        self.store = store
        self.createdBy = createdBy
        self.time = time
    }

    /// Creates a key.
    ///
    /// - Throws: ``LonghaulError``: `invalid_request`; `conflict` if a valid key has the name, or if there are too many
    ///   keys.
    public func create(_ new: NewAPIKey) async throws -> IssuedAPIKey {
        var faults = new.faults()
        let now = time.now()
        if let expiry = new.expiresAt, expiry <= now {
            faults.append(
                JSONFault(pointer: JSONPointer.root.appending("expires_at"), message: "must be in the future")
            )
        }
        guard faults.isEmpty else { throw LonghaulError.invalid(faults) }
        let text = APIKeyText(environment: new.environment)
        let key = APIKey(
            id: text.id, name: new.name, grant: new.grant, digest: text.digest, createdAt: now,
            createdBy: createdBy, expiresAt: new.expiresAt)
        return IssuedAPIKey(key: try await store.createKey(key), text: text.text)
    }

    /// Revokes a key.
    ///
    /// - Throws: ``LonghaulError`` `not_found`.
    public func revoke(_ id: String) async throws -> APIKey {
        guard let key = try await store.revokeKey(id) else { throw Self.noKey(id) }
        return key
    }

    /// Replaces a key by a new one. The old key remains valid for the overlap.
    ///
    /// - Throws: ``LonghaulError``: `not_found`; `conflict` if the key has ended.
    public func rotate(_ id: String, _ rotation: KeyRotation = KeyRotation()) async throws -> IssuedAPIKey {
        let text = APIKeyText(environment: rotation.environment)
        let replacement = APIKeyReplacement(id: text.id, digest: text.digest, createdBy: createdBy)
        let overlap = rotation.overlapSeconds
        guard let key = try await store.rotateKey(id, to: replacement, overlapSeconds: overlap) else {
            throw Self.noKey(id)
        }
        return IssuedAPIKey(key: key, text: text.text)
    }

    /// All keys of the store, by name.
    public func list() async throws -> [APIKey] {
        let keys = try await store.keys(unlessVersion: nil)?.keys ?? []
        return keys.sorted { ($0.name, $0.createdAt, $0.id) < ($1.name, $1.createdAt, $1.id) }
    }

    /// The key does not exist.
    public static func noKey(_ id: String) -> LonghaulError {
        LonghaulError(.notFound, "there is no API key \"\(id.prefix(100))\"")
    }
}

extension Engine {
    /// The API keys of the store.
    public var keys: any APIKeyStore { store }

    /// Sets the observer of API keys. The store calls it on its own thread when another server may have changed them.
    public func observeKeys(_ observer: @escaping @Sendable () -> Void) {
        settingsWatch.onWake(observer)
    }
}
