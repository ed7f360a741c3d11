extension Migration {
    /// The heartbeat interval that each worker announces; NULL without one.
    static let promisedHeartbeats = Migration(
        version: 7, sql: "ALTER TABLE workers ADD COLUMN heartbeat_seconds REAL")
}
