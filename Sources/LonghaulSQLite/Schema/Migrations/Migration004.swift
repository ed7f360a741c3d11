extension Migration {
    /// Families of jobs: how a job waits for others, and which jobs are its children.
    ///
    /// - `wait_for` is how many dependencies it waits for, NULL for all; `needed` is how many of them are
    ///   still to end as wanted, while blocked.
    /// - `retention_seconds` of -1 stands for none given.
    static let families = Migration(
        version: 4,
        sql: """
            ALTER TABLE jobs ADD COLUMN wait_for INTEGER;
            ALTER TABLE jobs ADD COLUMN collects INTEGER NOT NULL DEFAULT 0;
            ALTER TABLE jobs ADD COLUMN needed INTEGER NOT NULL DEFAULT 0;
            ALTER TABLE jobs ADD COLUMN is_parent INTEGER NOT NULL DEFAULT 0;
            UPDATE jobs SET needed = waiting_on WHERE state = 1;
            CREATE INDEX jobs_parent ON jobs (parent) WHERE parent IS NOT NULL;
            UPDATE jobs SET is_parent = 1 WHERE id IN (SELECT parent FROM jobs WHERE parent IS NOT NULL);
            """)
}
