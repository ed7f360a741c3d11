import LonghaulCore

/// A migration of the schema from the previous version to `version`.
struct Migration: Sendable {
    let version: Int64
    let sql: String
    /// The part that SQL alone cannot do. Runs after the SQL, in the same transaction.
    var fill: @Sendable (Connection) throws -> Void = { _ in }
}

/// Migrates a store's schema to the version of this build. Migrations only go forward.
enum Migrator {
    /// Marks a database file as Longhaul's: `LHUL`.
    static let applicationID: Int64 = 0x4C48_554C

    /// All migrations, in order.
    static let migrations: [Migration] = [
        .initial, .queueSamples, .deadLetters, .families, .schedules, .lanes, .promisedHeartbeats,
        .resolvedDependencies, .forgetting, .stagedPayloads, .apiKeys, .webhooks,
        .audit, .journals, .records,
    ]

    /// The version that this build reads and writes.
    static var currentVersion: Int64 { migrations.last?.version ?? 0 }

    /// Marks a new file, rejects a newer version, and runs the missing migrations, each in one transaction.
    static func migrate(_ connection: Connection, path: String) throws {
        let version = try connection.pragma("user_version")
        guard version <= currentVersion else {
            throw LonghaulError(
                .unavailable,
                "the store \(path) has schema version \(version), made by a newer Longhaul; this one knows "
                    + "versions up to \(currentVersion)")
        }
        for migration in migrations where migration.version > version {
            try connection.execute("BEGIN IMMEDIATE")
            do {
                try connection.execute(migration.sql)
                try migration.fill(connection)
                try connection.execute("PRAGMA user_version = \(migration.version)")
                try connection.execute("COMMIT")
            } catch {
                if connection.isInTransaction { try connection.execute("ROLLBACK") }
                throw error
            }
        }
    }
}
