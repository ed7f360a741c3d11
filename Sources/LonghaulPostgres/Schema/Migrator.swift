import LonghaulCore

/// A migration of the schema from the previous version to `version`.
struct Migration {
    let version: Int
    /// Run in order; each may hold several statements.
    let statements: [String]
}

/// Migrates a store's schema to the version of this build. Migrations only go forward.
///
/// An advisory lock makes servers that start at the same time wait for the first one.
enum Migrator {
    /// All migrations, in order.
    static let migrations: [Migration] = [
        .initial, .submitFunction, .promisedHeartbeats, .roomForUpdates, .resolvedDependencies,
        .strictSubmitFunction, .forgetting, .registeredServers, .apiKeys, .webhooks, .audit, .journals,
        .operationNames, .records,
    ]

    /// The version that this build reads and writes.
    static var currentVersion: Int { migrations.last?.version ?? 0 }

    private static let begin = Query("BEGIN")
    private static let commit = Query("COMMIT")
    private static let rollBack = Query("ROLLBACK")
    private static let lock = Query(
        "SELECT pg_advisory_xact_lock(hashtextextended('longhaul.migrations', 0))")
    private static let isThere = Query("SELECT to_regclass('longhaul.meta') IS NOT NULL")
    private static let meta = Query(
        """
        CREATE TABLE longhaul.meta (
            single boolean PRIMARY KEY DEFAULT true CHECK (single),
            version integer NOT NULL,
            generation bigint NOT NULL
        ) WITH (fillfactor = 10)
        """)
    private static let firstMeta = Query(
        "INSERT INTO longhaul.meta (version, generation) VALUES (0, 0)")
    private static let version = Query("SELECT version FROM longhaul.meta")
    private static let setVersion = Query("UPDATE longhaul.meta SET version = $1::integer")

    /// Creates a new store, rejects a newer version, and runs the missing migrations, all in one transaction.
    static func migrate(_ connection: Connection, schema name: String) throws {
        try connection.run([Request(begin), Request(lock)])
        do {
            try steps(connection, name)
            try connection.run(Request(commit))
        } catch {
            if !connection.isBroken { try connection.run(Request(rollBack)) }
            throw error
        }
    }

    private static func steps(_ connection: Connection, _ name: String) throws {
        var row = try connection.run(Request(isThere)).first
        if row?.bool() != true {
            try connection.run([
                Request(Query(once: "CREATE SCHEMA IF NOT EXISTS \(name)")), Request(meta),
                Request(firstMeta),
            ])
        }
        var present = try connection.run(Request(version)).first
        let version = present?.int() ?? 0
        guard version <= currentVersion else {
            throw LonghaulError(
                .unavailable,
                "the store has schema version \(version), made by a newer Longhaul; this one knows versions up "
                    + "to \(currentVersion)")
        }
        for migration in migrations where migration.version > version {
            for statement in migration.statements.flatMap(separated) {
                try connection.run(Request(Query(once: statement)))
            }
            try connection.run(Request(setVersion, .int4(migration.version)))
        }
    }

    /// Splits a text into statements. Each ends with a semicolon at the end of a line. The body of a function is one
    /// statement.
    private static func separated(_ text: String) -> [String] {
        guard !text.contains("$body$") else { return [text] }
        var statements: [String] = []
        var lines: [Substring] = []
        for line in text.split(separator: "\n") {
            lines.append(line)
            guard line.hasSuffix(";") else { continue }
            statements.append(lines.joined(separator: "\n"))
            lines = []
        }
        return statements + (lines.isEmpty ? [] : [lines.joined(separator: "\n")])
    }
}
