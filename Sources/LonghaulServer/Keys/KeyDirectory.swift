import LonghaulConcurrency
public import LonghaulCore
public import LonghaulEngine
import Synchronization

/// The API keys of a server: those of its store and those of its file of keys.
///
/// It holds all keys in memory, so that no request reads the store for its key. Changes of this server apply at once.
/// Changes of other servers over the same store apply when they notify this one, or after ``refreshSeconds``.
public final class KeyDirectory: Sendable {
    private struct State {
        var version: Int64?
        var stored: [String: APIKey] = [:]
        var filed: [String: APIKey] = [:]
        /// The latest fault of the file, so that it is logged once.
        var fileFault: String?
        var sessionSecret: [UInt8] = []
        /// The uses to record in the store.
        var uses: [String: Timestamp] = [:]
        /// The keys that were valid at the latest check.
        var valid: Set<String> = []
        /// What the server does when keys have ended.
        var onEnd: (@Sendable (Set<String>) -> Void)?

        func key(_ id: String) -> APIKey? { stored[id] ?? filed[id] }
    }

    /// The maximum time between two reads of the version of the keys, in seconds.
    static let refreshSeconds = 2.0

    let engine: Engine
    private let file: KeysFile?
    private let note: @Sendable (Note) -> Void
    private let state = Mutex(State())
    private let refresher: KeyRefresher

    /// The keys of an engine's store, and those of a file.
    ///
    /// - Parameters:
    ///   - file: the path of a file of keys; nil for none.
    ///   - note: receives messages for the log.
    public init(engine: Engine, file: String? = nil, note: @escaping @Sendable (Note) -> Void = { _ in }) {
        self.engine = engine
        self.file = file.map { KeysFile(path: $0) }
        self.note = note
        refresher = KeyRefresher(time: engine.time)
        engine.observeKeys { [weak refresher] in refresher?.wake() }
    }

    /// Whether requests need a key, because there are keys. A key that has ended counts as well.
    public var isRequired: Bool {
        state.withLock { !$0.stored.isEmpty || !$0.filed.isEmpty }
    }

    /// Reads all keys, unless they were read before.
    ///
    /// - Throws: ``LonghaulError`` if the store does not answer, or if the file of keys is invalid.
    public func load() async throws {
        guard state.withLock({ $0.version == nil }) else { return }
        if let file {
            let keys = try await file.read()
            if let warning = keys.warning { note(Note(warning, level: .warning)) }
            replaceFiled(keys.keys)
        }
        try await refresh()
    }

    /// Creates the first key, with the name and the scope `admin`; nil if another server has created it.
    public func createFirstKey() async throws -> IssuedAPIKey? {
        let issuer = APIKeyIssuer(
            store: engine.keys, createdBy: NewAPIKey.anonymous, time: engine.time)
        do {
            let issued = try await issuer.create(NewAPIKey(name: "admin", grant: .everything))
            try await refresh()
            return issued
        } catch let error as LonghaulError where error.code == .conflict {
            try await refresh()
            return nil
        }
    }

    // MARK: Background work

    /// Starts to follow the changes of other servers.
    ///
    /// - Parameter onEnd: called with the identifiers of keys that have ended, so that their open calls end as well.
    func start(onEnd: @escaping @Sendable (Set<String>) -> Void) {
        state.withLock { $0.onEnd = onEnd }
        refresher.start { [weak self] in await self?.update() }
    }

    /// Stops to follow changes.
    func stop() { refresher.stop() }

    /// One round of the background work. It is repeated, so a store that does not answer is tried again.
    private func update() async {
        await updateFiled()
        try? await refresh()
        let uses = state.withLock { state in
            let uses = state.uses
            state.uses = [:]
            return uses
        }
        try? await engine.keys.recordKeyUses(uses)
    }

    private func updateFiled() async {
        guard let file else { return }
        var fault: String?
        do {
            if let keys = try await file.readIfChanged() { replaceFiled(keys.keys) }
        } catch {
            fault = "\(error)"
        }
        let isNew = state.withLock { state in
            defer { state.fileFault = fault }
            return fault != state.fileFault
        }
        guard isNew, let fault else { return }
        note(Note("the file of API keys is invalid, its former keys stay valid: \(fault)", level: .error))
    }

    /// Reads the keys of the store if they have changed, and ends the calls of keys that have ended.
    func refresh() async throws {
        let known = state.withLock(\.version)
        if let list = try await engine.keys.keys(unlessVersion: known) { apply(list) }
        endCalls()
    }

    private func apply(_ list: APIKeyList) {
        state.withLock { state in
            guard list.version >= state.version ?? 0 else { return }
            let before = state.stored
            state.version = list.version
            state.sessionSecret = list.sessionSecret
            state.stored = Dictionary(list.keys.map { ($0.id, $0) }) { first, _ in first }
            for (id, key) in before {
                guard let use = key.lastUsedAt, let stored = state.stored[id] else { continue }
                state.stored[id]?.lastUsedAt = max(use, stored.lastUsedAt ?? use)
            }
        }
    }

    private func replaceFiled(_ keys: [APIKey]) {
        state.withLock { state in
            let before = state.filed
            state.filed = Dictionary(keys.map { ($0.id, $0) }) { first, _ in first }
            for (id, key) in before { state.filed[id]?.lastUsedAt = key.lastUsedAt }
        }
    }

    private func endCalls() {
        let now = engine.time.now()
        let (ended, onEnd) = state.withLock { state in
            let keys = state.stored.merging(state.filed) { stored, _ in stored }
            let valid = Set(keys.lazy.filter { $0.value.endedAt(by: now) == nil }.map(\.key))
            let ended = state.valid.subtracting(valid)
            state.valid = valid
            return (ended, state.onEnd)
        }
        if !ended.isEmpty { onEnd?(ended) }
    }

    // MARK: Lookup

    /// All keys, by name.
    func shown() -> [ShownAPIKey] {
        let now = engine.time.now()
        let (stored, filed) = state.withLock { ($0.stored, $0.filed) }
        let keys =
            stored.values.map { ShownAPIKey($0, at: now) }
            + filed.values.map { ShownAPIKey($0, at: now, source: .file) }
        return keys.sorted { ($0.key.name, $0.key.id) < ($1.key.name, $1.key.id) }
    }

    /// Whether a key comes from the file.
    func isFiled(_ id: String) -> Bool { state.withLock { $0.stored[id] == nil && $0.filed[id] != nil } }

    /// The secret that seals sessions.
    var sessionSecret: [UInt8] { state.withLock(\.sessionSecret) }

    /// The caller with these credentials. Records the use of the key.
    ///
    /// - Throws: ``LonghaulError`` `unauthorized`.
    func caller(with credentials: Credentials) throws(LonghaulError) -> Caller {
        guard isRequired else { return .anonymous }
        switch credentials {
        case .none:
            throw Self.unauthorized("the request has no API key: send it as \"Authorization: Bearer lh_…\"")
        case .malformed:
            throw Self.unauthorized(
                "the header Authorization must be given once, as \"Bearer\" and an API key")
        case .key(let text): return try caller(withKey: text)
        case .session(let value):
            let now = engine.time.now()
            guard let key = SessionCookie.open(value, at: now, secret: sessionSecret) else {
                throw Self.unauthorized("the session has ended: sign in again")
            }
            return try caller(withKey: key)
        }
    }

    /// The caller with an API key.
    ///
    /// - Parameter recordsUse: false if the request is not known to come from the owner of the key yet.
    /// - Throws: ``LonghaulError`` `unauthorized`.
    func caller(withKey text: String, recordsUse: Bool = true) throws(LonghaulError) -> Caller {
        guard let given = APIKeyText(text) else {
            throw Self.unauthorized("the API key is malformed: it is incomplete, or was changed")
        }
        guard let key = state.withLock({ $0.key(given.id) }), given.matches(key.digest) else {
            // Another server may just have created it.
            refresher.wake()
            throw Self.unauthorized("the API key \(given.id) is unknown")
        }
        let now = engine.time.now()
        if let end = key.endedAt(by: now) {
            throw Self.unauthorized(
                "the API key \(key.id) \(key.revokedAt == nil ? "expired" : "was revoked") at \(end)")
        }
        if recordsUse { recordUse(of: key, at: now) }
        return Caller(key)
    }

    private func recordUse(of key: APIKey, at now: Timestamp) {
        let due = key.lastUsedAt.map { now.seconds(since: $0) >= APIKey.useResolutionSeconds } ?? true
        guard due else { return }
        state.withLock { state in
            if state.stored[key.id] != nil {
                state.stored[key.id]?.lastUsedAt = now
                state.uses[key.id] = now
            } else {
                state.filed[key.id]?.lastUsedAt = now
            }
        }
    }

    private static func unauthorized(_ detail: String) -> LonghaulError {
        LonghaulError(.unauthorized, detail)
    }
}
