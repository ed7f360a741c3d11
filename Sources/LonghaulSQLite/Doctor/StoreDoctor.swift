public import LonghaulCore
import LonghaulPlatform
import LonghaulStore

/// Finds inconsistencies in a store while a server uses it, or repairs them while no server runs.
public final class StoreDoctor: Sendable {
    private let path: String
    private let time: any TimeSource
    private let readers: CallPool<JobLoader>
    /// The store, opened exclusively for repairs; nil for checks only.
    private let store: Store<SQLiteDriver>?
    /// The files that other users could read before opening the store corrected their modes.
    private let openPaths: [String]

    /// Opens the store at `path`.
    ///
    /// - Parameter repairs: whether to repair problems. No other process may then have the store open.
    /// - Throws: ``LonghaulError`` `unavailable` if there is no store, if its schema version is not that of this
    ///   build, or if a repair is requested while it is in use.
    public init(
        path: String, repairs: Bool, time: any TimeSource = SystemTime()
    ) throws(LonghaulError) {
        do {
            try StoreFile.expectStore(path)
            self.path = path
            self.time = time
            openPaths = StoreFile.openPaths(of: path)
            store = repairs ? try SQLiteStore.openDriver(path: path, time: time) : nil
            let opening = StoreOpening(path: path, options: .init())
            readers = try CallPool("doctor", threads: 1) {
                let connection = try opening.reader()
                return ReadingConnection(
                    connection: connection, server: try JobLoader.Server(connection, time: time))
            }
        } catch {
            throw LonghaulError(error)
        }
    }

    /// Closes the store.
    public func close() async {
        readers.stop()
        await readers.waitUntilStopped()
        await store?.close()
    }

    /// Runs every check. Repairs what it finds if the doctor was opened for repairs.
    public func examine() async throws -> [StoreDiagnosis] {
        var diagnoses = [try await schema()]
        guard diagnoses[0].found == 0 else { return diagnoses }
        for check in SQLiteChecks.all { diagnoses.append(try await examine(check)) }
        diagnoses.append(
            try await .auditLog { number in
                try await readers.inbox.call {
                    try $0.auditPage(AuditFilter(), before: number, limit: 500)
                }
            })
        return diagnoses
    }

    /// Checks the version of the schema. The other checks need the current version.
    private func schema() async throws -> StoreDiagnosis {
        let version = try await readers.inbox.call { loader in try loader.connection.pragma("user_version") }
        return .schema(version: Int(version), current: Int(Migrator.currentVersion))
    }

    private func examine(_ check: SQLiteCheck) async throws -> StoreDiagnosis {
        let now = time.now()
        let repair = store.map { store in
            { (body: @escaping @Sendable (Transaction) throws -> Void) in
                try await store.driver.transact(WritePlan()) { try body($0) }
            }
        }
        return try await check.examine(look: { try await look(check, at: now) }, repair: repair)
    }

    private func look(_ check: SQLiteCheck, at now: Timestamp) async throws -> Symptom {
        do {
            return try await readers.inbox.call { loader in try check.look(loader, now) }
        } catch let error as LonghaulError where error.code == .internal {
            // A damaged file may be unreadable for a check. That is a finding; the other checks still run.
            return Symptom(count: 1, example: error.detail)
        }
    }

    /// The files of the store that other users can access. Opening the store for repairs has already removed these
    /// rights.
    public func modes() -> StoreDiagnosis {
        let left = StoreFile.openPaths(of: path)
        return StoreDiagnosis(
            check: "modes", found: openPaths.count, example: openPaths.first.map(StoreDiagnosis.openPath),
            repaired: openPaths.count - left.filter(openPaths.contains).count)
    }

    // MARK: Artifacts

    /// The artifacts of jobs according to the store, in order, after a position; at most `limit`.
    public func artifacts(after place: StoreArtifact.Place?, limit: Int) async throws -> [StoreArtifact] {
        try await readers.inbox.call { loader in try loader.keptArtifacts(after: place, limit: limit) }
    }

    /// The attempts among these that own their artifacts.
    public func artifactOwners(
        _ attempts: [ArtifactFolder]
    ) async throws -> [ArtifactFolder: ArtifactOwner] {
        try await readers.inbox.call { loader in try loader.artifactOwners(attempts) }
    }
}

/// An artifact of a job according to the store.
public struct StoreArtifact: Sendable, Hashable {
    /// The position in the order of artifacts, for the next page.
    public struct Place: Sendable, Hashable {
        let seq: Int64
        let name: String
    }

    /// The attempt that wrote it.
    public let folder: ArtifactFolder
    /// Its name.
    public let name: String
    /// Its length in bytes.
    public let sizeBytes: Int64
    /// Its position in the order of artifacts.
    public let place: Place
}
