import LonghaulConcurrency
public import LonghaulCore
import LonghaulStore

/// Finds inconsistencies in a PostgreSQL store while servers use it, or repairs them while no server runs.
public final class PostgresDoctor: Sendable {
    private let readers: CallPool<Reader>
    /// The store for repairs; nil for checks only.
    private let store: Store<PostgresDriver>?

    private static let version = Query("SELECT version FROM longhaul.meta")
    private static let isThere = Query("SELECT to_regclass('longhaul.meta') IS NOT NULL")
    /// The servers that registered in the last 25 seconds. Each does so every 10 seconds, also through a pooler.
    private static let servers = Query(
        """
        SELECT count(*) FROM longhaul.servers WHERE id <> $1::bigint AND seen_at > now() - interval '25 seconds'
        """)

    /// Opens the store in a database.
    ///
    /// - Parameters:
    ///   - url: as ``PostgresStore/open(url:options:time:random:)`` takes it.
    ///   - repairs: whether to repair inconsistencies. No server may then run.
    /// - Throws: ``LonghaulError`` `unavailable` if the database does not answer, has no store, or has running
    ///   servers although a repair is requested.
    public static func open(
        url: String, options: PostgresStoreOptions, repairs: Bool
    ) async throws(LonghaulError) -> PostgresDoctor {
        try ConnectionURL.check(url)
        let target = ConnectionTarget(
            url: url, schema: options.schema, preparesStatements: !options.isPooled)
        do {
            try await BlockingThread.run("lh-store-task") {
                let connection = try Connection(target)
                try expectStore(connection)
                // Before the store is opened, which migrates the schema.
                if repairs { try expectNoServer(connection, except: 0) }
            }
        } catch {
            throw LonghaulError(error)
        }
        var store: Store<PostgresDriver>?
        if repairs {
            // It needs no notifications, because no server runs.
            var options = options
            options.isPooled = true
            store = try await PostgresStore.openDriver(url: url, options: options)
        }
        do {
            if let serverID = store?.driver.serverID {
                // A server, or another repair, may have started before this one was registered.
                try await BlockingThread.run("lh-store-task") {
                    try expectNoServer(Connection(target), except: serverID)
                }
            }
            return PostgresDoctor(
                readers: try CallPool("doctor", threads: 1) {
                    ReadingSession(
                        session: Session(target), clock: nil, outages: Outages(),
                        workers: WorkerRegistry(tolerance: \.savingSeconds)
                    )
                },
                store: store)
        } catch {
            await store?.close()
            throw LonghaulError(error)
        }
    }

    private static func expectStore(_ connection: Connection) throws {
        var row = try connection.run(Request(isThere)).first
        guard row?.bool() == true else { throw LonghaulError(.unavailable, "the database has no store") }
    }

    /// Throws if a process other than this one uses the store.
    private static func expectNoServer(_ connection: Connection, except serverID: Int64) throws {
        var row = try connection.run(Request(servers, .int8(serverID))).first
        guard let count = row?.int(), count > 0 else { return }
        throw LonghaulError(
            .unavailable,
            "\(count) server\(count == 1 ? " uses" : "s use") the store: stop all servers before the repair, and wait 25 s "
                + "if one was killed")
    }

    private init(readers: CallPool<Reader>, store: Store<PostgresDriver>?) {
        self.readers = readers
        self.store = store
    }

    /// Closes the connections.
    public func close() async {
        readers.stop()
        await readers.waitUntilStopped()
        await store?.close()
    }

    /// Runs every check. Repairs what it finds if the doctor was opened for repairs.
    public func examine() async throws -> [StoreDiagnosis] {
        var diagnoses = [try await schema()]
        guard diagnoses[0].found == 0 else { return diagnoses }
        for check in DatabaseChecks.all { diagnoses.append(try await examine(check)) }
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
        let version = try await readers.inbox.call { reader in
            var row = try reader.connection.run(Request(Self.version)).first
            return row?.int() ?? 0
        }
        return .schema(version: version, current: Migrator.currentVersion)
    }

    private func examine(_ check: DatabaseCheck) async throws -> StoreDiagnosis {
        let repair = store.map { store in
            { (body: @escaping @Sendable (Transaction) throws -> Void) in
                try await store.driver.transact(WritePlan()) { try body($0) }
            }
        }
        return try await check.examine(
            look: { try await readers.inbox.call { try check.look($0, try $0.now()) } }, repair: repair)
    }

    // MARK: Artifacts

    private static let kept = Query(
        """
        SELECT a.id, a.name, a.size_bytes, a.fence FROM longhaul.artifacts a
        JOIN longhaul.jobs j ON j.id = a.id AND j.fence = a.fence
        WHERE j.state = 5 AND (a.id, a.name COLLATE "C") > ($1::uuid, $2::text)
        ORDER BY a.id, a.name COLLATE "C" LIMIT 500
        """)

    /// Passes each artifact of a completed job, according to the store, to `body`.
    public func forEachArtifact(
        _ body: (_ folder: ArtifactFolder, _ name: String, _ sizeBytes: Int64) async throws -> Void
    ) async throws {
        var place = (id: JobID(high: 0, low: 0), name: "")
        while true {
            let last = place
            let page = try await readers.inbox.call { reader in
                try reader.connection.run(Request(Self.kept, .uuid(last.id), .text(last.name))).map { row in
                    let id = row.id()
                    let name = row.text()
                    let size = row.int64()
                    return (folder: ArtifactFolder(jobID: id, fence: row.int()), name: name, size: size)
                }
            }
            for file in page { try await body(file.folder, file.name, file.size) }
            guard let end = page.last else { return }
            place = (end.folder.jobID, end.name)
        }
    }

    /// The attempts among these that own their artifacts.
    public func artifactOwners(
        _ attempts: [ArtifactFolder]
    ) async throws -> [ArtifactFolder: ArtifactOwner] {
        try await readers.inbox.call { reader in try reader.artifactOwners(attempts) }
    }
}
