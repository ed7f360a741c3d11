extension Migration {
    /// What each worker promises: how often it says that it lives. NULL for those that promise nothing.
    static let promisedHeartbeats = Migration(
        version: 7, sql: "ALTER TABLE workers ADD COLUMN heartbeat_seconds REAL")
}
