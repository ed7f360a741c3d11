extension Migration {
    /// Keeps the edge between two jobs after the first of them has ended, so that the dependents of an ended job
    /// can be listed. An edge goes with either of its jobs.
    static let resolvedDependencies = Migration(
        version: 5,
        statements: [
            "ALTER TABLE longhaul.dependencies ADD COLUMN is_resolved boolean NOT NULL DEFAULT false"
        ])
}
