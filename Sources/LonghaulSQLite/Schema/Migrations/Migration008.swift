extension Migration {
    /// Keeps the edge between two jobs after the first of them has ended, so that the dependents of an ended job
    /// can be listed. An edge goes with either of its jobs.
    static let resolvedDependencies = Migration(
        version: 8, sql: "ALTER TABLE dependencies ADD COLUMN is_resolved INTEGER NOT NULL DEFAULT 0")
}
