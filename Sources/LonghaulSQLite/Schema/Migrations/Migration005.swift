extension Migration {
    /// Schedules. `job` is the job of each tick, as JSON.
    static let schedules = Migration(
        version: 5,
        sql: """
            CREATE TABLE schedules (
                name TEXT PRIMARY KEY,
                revision INTEGER NOT NULL,
                cron TEXT NOT NULL,
                time_zone TEXT NOT NULL,
                job BLOB NOT NULL,
                catch_up TEXT NOT NULL,
                paused INTEGER NOT NULL,
                caller TEXT NOT NULL,
                created_at INTEGER NOT NULL,
                updated_at INTEGER NOT NULL,
                next_run_at INTEGER,
                last_run_at INTEGER,
                last_job_id BLOB
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX schedules_due ON schedules (next_run_at) WHERE next_run_at IS NOT NULL;
            """)
}
