extension Migration {
    /// What each worker promises: how often it says that it lives. NULL for those that promise nothing.
    static let promisedHeartbeats = Migration(
        version: 3,
        statements: ["ALTER TABLE longhaul.workers ADD COLUMN heartbeat_seconds double precision"])
}
