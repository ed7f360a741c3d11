extension Migration {
    /// The journals of durable jobs. The checkpoints of `steps` become operations.
    ///
    /// - `jobs.journal` is a JSON object with what only durable jobs, paused jobs and the children of durable jobs have. It is
    ///   NULL for all others.
    /// - `operations_waiting` finds what a job waits for, however long its journal is.
    /// - State 8 is `suspended`.
    static let journals = Migration(
        version: 12, statements: [tables, moveSteps, countSteps, "DROP TABLE longhaul.steps"])

    private static let tables = """
        ALTER TABLE longhaul.jobs ADD COLUMN journal bytea;
        ALTER TABLE longhaul.queue_counts ADD COLUMN suspended bigint NOT NULL DEFAULT 0;
        CREATE TABLE longhaul.operations (
            id uuid NOT NULL,
            number bigint NOT NULL,
            started_at bigint NOT NULL,
            ended_at bigint,
            until bigint,
            secret bigint NOT NULL,
            weight bigint NOT NULL,
            attempt bigint NOT NULL,
            child_id uuid,
            operation_id text NOT NULL,
            parent_id text,
            type text NOT NULL,
            name text NOT NULL,
            status text NOT NULL,
            error bytea,
            input bytea,
            output bytea,
            CONSTRAINT operations_pkey PRIMARY KEY (id, number),
            CONSTRAINT operations_name UNIQUE (id, operation_id)
        );
        ALTER TABLE longhaul.operations ALTER input SET STORAGE EXTERNAL, ALTER output SET STORAGE EXTERNAL;
        CREATE INDEX operations_waiting ON longhaul.operations (id, number) WHERE status = 'waiting';
        CREATE TABLE longhaul.signals (
            id uuid NOT NULL,
            number bigint NOT NULL,
            received_at bigint NOT NULL,
            consumed_by bigint,
            name text NOT NULL,
            key bytea,
            value bytea NOT NULL,
            CONSTRAINT signals_pkey PRIMARY KEY (id, number)
        );
        ALTER TABLE longhaul.signals ALTER value SET STORAGE EXTERNAL;
        CREATE UNIQUE INDEX signals_key ON longhaul.signals (id, key) WHERE key IS NOT NULL;
        CREATE INDEX signals_kept ON longhaul.signals (id, name, number) WHERE consumed_by IS NULL;
        """

    /// A long name is replaced by its digest; see `JournalOperation.stepID`.
    private static let moveSteps = """
        INSERT INTO longhaul.operations (
            id, number, started_at, ended_at, secret, weight, attempt, operation_id, type, name, status, output)
        SELECT s.id, row_number() OVER (PARTITION BY s.id ORDER BY s.name COLLATE "C"), j.moment, j.moment, 0,
            octet_length(n.operation_id) + octet_length(n.bytes) + octet_length(s.output), 1, n.operation_id, 'step',
            s.name, 'succeeded', s.output
        FROM longhaul.steps s
        JOIN (SELECT id, coalesce(started_at, created_at) AS moment FROM longhaul.jobs) j ON j.id = s.id
        CROSS JOIN LATERAL (SELECT convert_to(s.name, 'UTF8') AS bytes) b
        CROSS JOIN LATERAL (
            SELECT b.bytes, 'step/' || CASE WHEN octet_length(b.bytes) <= 59 THEN s.name
                ELSE left(encode(sha256(b.bytes), 'hex'), 32) END AS operation_id) n
        """

    private static let countSteps = """
        UPDATE longhaul.jobs j
        SET journal = convert_to('{"operations":' || o.count || ',"bytes":' || o.bytes || '}', 'UTF8')
        FROM (SELECT id, count(*), sum(weight) AS bytes FROM longhaul.operations GROUP BY id) o WHERE o.id = j.id
        """
}
