extension Migration {
    /// The heartbeat interval that each worker announces; NULL without one.
    static let promisedHeartbeats = Migration(
        version: 3,
        statements: ["ALTER TABLE longhaul.workers ADD COLUMN heartbeat_seconds double precision"])
}
