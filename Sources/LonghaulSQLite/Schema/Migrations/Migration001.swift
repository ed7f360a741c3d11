extension Migration {
    /// The first schema.
    ///
    /// - `seq` is made from the job's identifier (see `JobSequence`): rows lie in the order of their
    ///   submission, a job is found without an index of its own, and every index ends in that order.
    /// - States are numbered as in `JobState.code`: 0 scheduled, 1 blocked, 2 pending, 3 processing,
    ///   4 retrying, 5 completed, 6 failed, 7 cancelled.
    /// - The indexes are partial, so that a change of state touches only those of the two states.
    static let initial = Migration(
        version: 1,
        sql: """
            CREATE TABLE jobs (
                seq INTEGER PRIMARY KEY,
                id BLOB NOT NULL,
                state INTEGER NOT NULL,
                queue TEXT NOT NULL,
                kind TEXT NOT NULL,
                priority INTEGER NOT NULL,
                attempt INTEGER NOT NULL,
                max_attempts INTEGER NOT NULL,
                fence INTEGER NOT NULL,
                fence_base INTEGER NOT NULL,
                secret INTEGER NOT NULL,
                worker_id TEXT,
                worker_name TEXT,
                lease_ms INTEGER NOT NULL,
                lease_expires_at INTEGER,
                created_at INTEGER NOT NULL,
                run_at INTEGER NOT NULL,
                started_at INTEGER,
                finished_at INTEGER,
                purge_at INTEGER,
                expires_at INTEGER,
                waiting_on INTEGER NOT NULL,
                progress_percent REAL,
                progress_message TEXT,
                fault_version INTEGER NOT NULL,
                history BLOB NOT NULL,
                caller TEXT NOT NULL,
                actor TEXT,
                parent BLOB,
                depends_on BLOB,
                retention_seconds REAL NOT NULL,
                timeout_seconds REAL,
                backoff TEXT,
                on_dependency_failure INTEGER NOT NULL,
                tags TEXT,
                size INTEGER,
                callback_url TEXT,
                traceparent TEXT,
                payload BLOB,
                result BLOB
            ) STRICT;

            CREATE INDEX jobs_pending ON jobs (queue, kind, priority DESC) WHERE state = 2;
            CREATE INDEX jobs_leased ON jobs (lease_expires_at) WHERE state = 3;
            CREATE INDEX jobs_due ON jobs (run_at) WHERE state IN (0, 4);
            CREATE INDEX jobs_expiring ON jobs (expires_at)
                WHERE expires_at IS NOT NULL AND state IN (0, 1, 2, 4);
            CREATE INDEX jobs_purge ON jobs (purge_at) WHERE state IN (5, 6, 7);
            CREATE INDEX jobs_resting ON jobs (state, queue, kind) WHERE state NOT IN (2, 3);
            CREATE INDEX jobs_actor ON jobs (actor) WHERE actor IS NOT NULL;

            CREATE TABLE payloads (seq INTEGER PRIMARY KEY, payload BLOB NOT NULL) STRICT;

            CREATE TABLE faults (
                seq INTEGER NOT NULL,
                version INTEGER NOT NULL,
                fence INTEGER NOT NULL,
                attempt INTEGER NOT NULL,
                worker_id TEXT,
                worker_name TEXT,
                started_at INTEGER,
                at INTEGER NOT NULL,
                type TEXT NOT NULL,
                message TEXT NOT NULL,
                details BLOB,
                retryable INTEGER NOT NULL,
                PRIMARY KEY (seq, version)
            ) STRICT, WITHOUT ROWID;

            CREATE TABLE tags (
                name TEXT NOT NULL,
                value TEXT NOT NULL,
                seq INTEGER NOT NULL,
                PRIMARY KEY (name, value, seq)
            ) STRICT, WITHOUT ROWID;

            CREATE TABLE dependencies (
                on_seq INTEGER NOT NULL,
                seq INTEGER NOT NULL,
                PRIMARY KEY (on_seq, seq)
            ) STRICT, WITHOUT ROWID;

            CREATE TABLE submission_keys (
                digest BLOB PRIMARY KEY,
                seq INTEGER NOT NULL,
                job_id BLOB NOT NULL,
                fingerprint BLOB,
                expires_at INTEGER
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX submission_keys_expiring ON submission_keys (expires_at) WHERE expires_at IS NOT NULL;
            CREATE INDEX submission_keys_job ON submission_keys (seq);

            CREATE TABLE logs (
                seq INTEGER NOT NULL,
                number INTEGER NOT NULL,
                attempt INTEGER NOT NULL,
                at INTEGER NOT NULL,
                level INTEGER NOT NULL,
                message TEXT NOT NULL,
                PRIMARY KEY (seq, number)
            ) STRICT, WITHOUT ROWID;

            CREATE TABLE steps (
                seq INTEGER NOT NULL,
                name TEXT NOT NULL,
                output BLOB NOT NULL,
                PRIMARY KEY (seq, name)
            ) STRICT, WITHOUT ROWID;

            CREATE TABLE artifacts (
                seq INTEGER NOT NULL,
                fence INTEGER NOT NULL,
                name TEXT NOT NULL,
                size_bytes INTEGER NOT NULL,
                content_type TEXT NOT NULL,
                sha256 TEXT NOT NULL,
                PRIMARY KEY (seq, fence, name)
            ) STRICT, WITHOUT ROWID;

            CREATE TABLE queues (
                name TEXT PRIMARY KEY,
                max_depth INTEGER,
                max_waiting INTEGER,
                paused INTEGER NOT NULL,
                max_concurrency INTEGER,
                scheduled INTEGER NOT NULL,
                blocked INTEGER NOT NULL,
                pending INTEGER NOT NULL,
                processing INTEGER NOT NULL,
                retrying INTEGER NOT NULL,
                completed INTEGER NOT NULL,
                failed INTEGER NOT NULL,
                cancelled INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;

            CREATE TABLE workers (
                id TEXT PRIMARY KEY,
                name TEXT NOT NULL,
                labels TEXT NOT NULL,
                queues TEXT NOT NULL,
                kinds TEXT NOT NULL,
                lease_seconds REAL NOT NULL,
                first_seen_at INTEGER NOT NULL,
                last_seen_at INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;
            """)
}
