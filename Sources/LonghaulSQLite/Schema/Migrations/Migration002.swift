extension Migration {
    /// What happened in each queue, minute by minute.
    static let queueSamples = Migration(
        version: 2,
        sql: """
            CREATE TABLE queue_samples (
                at INTEGER NOT NULL,
                queue TEXT NOT NULL,
                depth INTEGER NOT NULL,
                enqueued INTEGER NOT NULL,
                finished INTEGER NOT NULL,
                failed INTEGER NOT NULL,
                wait_p50 REAL,
                wait_p95 REAL,
                run_p50 REAL,
                run_p95 REAL,
                PRIMARY KEY (at, queue)
            ) STRICT, WITHOUT ROWID;
            """)
}
