import LonghaulClient
import LonghaulCore
import LonghaulEngine

/// The API keys of a server or of a store, for the command.
protocol KeyAdministration: Sendable {
    /// All keys, by name.
    func list() async throws -> [ShownAPIKey]
    /// Creates a key.
    func create(_ key: NewAPIKey) async throws -> ShownAPIKey
    /// Replaces a key.
    func rotate(_ id: String, _ rotation: KeyRotation) async throws -> ShownAPIKey
    /// Revokes a key.
    func revoke(_ id: String) async throws
}

extension LonghaulClient: KeyAdministration {
    func list() async throws -> [ShownAPIKey] { try await keys() }
    func create(_ key: NewAPIKey) async throws -> ShownAPIKey { try await createKey(key) }
    func rotate(_ id: String, _ rotation: KeyRotation) async throws -> ShownAPIKey {
        try await rotateKey(id, rotation)
    }
    func revoke(_ id: String) async throws { try await revokeKey(id) }
}

extension Invocation {
    /// Runs a body with the client of the server; with `--store`, another one with the store, which this process opens.
    ///
    /// - Parameter creates: whether an SQLite store that does not exist is created.
    /// - Throws: ``UsageError`` if both are given.
    func withServer(
        _ server: (LonghaulClient) async throws -> Void, orStore store: (any JobStore) async throws -> Void,
        creates: Bool = false
    ) async throws {
        guard settings.isGiven(Options.store) || settings.isGiven(Options.storeFile) else {
            return try await withClient(server)
        }
        guard !settings.isGiven(Options.server) else {
            throw UsageError("--server and --store exclude each other", command: command.name)
        }
        try await withStore(creates: creates, store)
    }

    /// Opens the configured store, runs a body with it, and closes the store.
    ///
    /// - Parameter creates: whether an SQLite store that does not exist is created.
    private func withStore(creates: Bool, _ body: (any JobStore) async throws -> Void) async throws {
        let url = try backend(Options.store, orIn: Options.storeFile)
        let store = try await Backends.openStore(
            url, retention: Retention(), time: SystemTime(), isServing: false,
            creates: creates)
        do {
            try await body(store)
        } catch {
            await store.close()
            throw error
        }
        await store.close()
    }
}

/// The API keys of a store that this process opens.
struct StoreKeys: KeyAdministration {
    private let issuer: APIKeyIssuer
    private let time = SystemTime()

    /// The keys of an open store.
    init(_ store: any JobStore) {
        issuer = APIKeyIssuer(store: store, createdBy: "command")
    }

    func list() async throws -> [ShownAPIKey] {
        try await issuer.list().map { ShownAPIKey($0, at: time.now()) }
    }

    func create(_ key: NewAPIKey) async throws -> ShownAPIKey { shown(try await issuer.create(key)) }

    func rotate(_ id: String, _ rotation: KeyRotation) async throws -> ShownAPIKey {
        shown(try await issuer.rotate(id, rotation))
    }

    func revoke(_ id: String) async throws { _ = try await issuer.revoke(id) }

    private func shown(_ issued: IssuedAPIKey) -> ShownAPIKey {
        ShownAPIKey(issued.key, at: time.now(), text: issued.text)
    }
}
