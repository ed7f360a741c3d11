extension Migration {
    /// Lanes, rate limits, partitions and routing.
    ///
    /// - A *lane* is the unit of a claim: the pending jobs of a queue with the same kind, required labels and
    ///   partition. The
    ///   index of pending jobs finds each lane, and the oldest of each priority in it, in one step. It stays
    ///   the only one of pending jobs: a second one would cost every submission a quarter more.
    /// - `labels` is empty for none, or else the map as `TextCoding` has it, so that equal maps are equal text.
    /// - `partition_value` is kept for pending jobs only, and is empty where the queue is not partitioned.
    ///   `is_sorting` marks a queue whose pending jobs have not all been given theirs yet.
    /// - `pending_by_priority` has ten counts, of priority 0 to 9, separated by spaces.
    static let lanes = Migration(
        version: 6,
        sql: """
            ALTER TABLE jobs ADD COLUMN labels TEXT NOT NULL DEFAULT '';
            ALTER TABLE jobs ADD COLUMN partition_value TEXT NOT NULL DEFAULT '';
            DROP INDEX jobs_pending;
            CREATE INDEX jobs_pending ON jobs (queue, kind, labels, partition_value, priority DESC)
                WHERE state = 2;

            ALTER TABLE queues ADD COLUMN rate_jobs INTEGER;
            ALTER TABLE queues ADD COLUMN rate_period_seconds REAL;
            ALTER TABLE queues ADD COLUMN rate_burst INTEGER;
            ALTER TABLE queues ADD COLUMN tokens REAL;
            ALTER TABLE queues ADD COLUMN tokens_counted_at INTEGER;
            ALTER TABLE queues ADD COLUMN partition_by TEXT;
            ALTER TABLE queues ADD COLUMN is_sorting INTEGER NOT NULL DEFAULT 0;
            ALTER TABLE queues ADD COLUMN max_size INTEGER;
            ALTER TABLE queues ADD COLUMN pending_by_priority TEXT NOT NULL DEFAULT '0 0 0 0 0 0 0 0 0 0';
            UPDATE queues SET pending_by_priority = \(countedByPriority) WHERE pending > 0;

            CREATE TABLE routing_rules (
                number INTEGER PRIMARY KEY,
                kinds TEXT NOT NULL,
                labels TEXT,
                queue TEXT NOT NULL
            ) STRICT;
            """)

    /// An expression for the ten counts of the queue `name`.
    private static let countedByPriority = (0...9).map { priority in
        "(SELECT count(*) FROM jobs WHERE state = 2 AND queue = name AND priority = \(priority))"
    }.joined(separator: " || ' ' || ")
}
