import LonghaulCore

/// A step of the schema: what turns a store of the version before into one of `version`.
struct Migration: Sendable {
    let version: Int64
    let sql: String
    /// What SQL alone cannot do, right after it and in the same transaction.
    var fill: @Sendable (Connection) throws -> Void = { _ in }
}

/// Brings a store's schema to the version that this build knows. Steps go forward only.
enum Migrator {
    /// Marks a database file as Longhaul's: `LHUL`.
    static let applicationID: Int64 = 0x4C48_554C

    /// Every step, in order.
    static let migrations: [Migration] = [
        .initial, .queueSamples, .deadLetters, .families, .schedules, .lanes, .promisedHeartbeats,
        .resolvedDependencies, .forgetting,
    ]

    /// The version that this build reads and writes.
    static var currentVersion: Int64 { migrations.last?.version ?? 0 }

    /// Marks a new file, refuses a newer one, and runs the steps that are missing, each in one transaction.
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
