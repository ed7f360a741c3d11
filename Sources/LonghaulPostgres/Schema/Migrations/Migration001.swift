extension Migration {
    /// The first schema. ADR 0009 argues for it.
    ///
    /// - `jobs` is wide and has no index on a changing column, so that its updates are heap-only. Narrow tables hold
    ///   the positions of jobs. Their rows are only inserted and deleted: `pending` for jobs that wait for a worker,
    ///   `agenda` for jobs that wait for a time (and, as `never`, for other jobs).
    /// - `lanes` numbers the properties that pending jobs share. Each lane of `pending` is read from the lower bound of
    ///   its pending positions, so that dead rows before it are not read.
    /// - `queue_counts` has a row of differences for each transaction; maintenance adds them up.
    /// - States are numbered as in `JobState.code`: 0 scheduled, 1 blocked, 2 pending, 3 processing,
    ///   4 retrying, 5 completed, 6 failed, 7 cancelled. Times are milliseconds since 1970.
    static let initial = Migration(
        version: 1,
        statements: [
            jobs, places, queues, others,
        ])

    private static let jobs = """
        CREATE TABLE longhaul.jobs (
            id uuid NOT NULL,
            created_at bigint NOT NULL,
            run_at bigint NOT NULL,
            started_at bigint,
            finished_at bigint,
            lease_expires_at bigint,
            purge_at bigint,
            expires_at bigint,
            due bigint,
            pos bigint,
            secret bigint NOT NULL,
            fence bigint NOT NULL,
            fence_base bigint NOT NULL,
            artifact_fence bigint NOT NULL,
            lease_ms bigint NOT NULL,
            retention_seconds double precision,
            progress_percent double precision,
            lane integer,
            attempt integer NOT NULL,
            max_attempts integer NOT NULL,
            fault_version integer NOT NULL,
            waiting_on integer NOT NULL,
            needed integer NOT NULL,
            state smallint NOT NULL,
            priority smallint NOT NULL,
            is_awaited boolean NOT NULL,
            is_parent boolean NOT NULL,
            parent uuid,
            queue text NOT NULL,
            kind text NOT NULL,
            caller text NOT NULL,
            actor text,
            worker_id text,
            worker_name text,
            progress_message text,
            fingerprint text,
            extra text,
            history bytea NOT NULL,
            payload bytea NOT NULL,
            result bytea,
            CONSTRAINT jobs_pkey PRIMARY KEY (id)
        ) WITH (fillfactor = 60, toast_tuple_target = 1024);
        ALTER TABLE longhaul.jobs ALTER payload SET STORAGE EXTERNAL, ALTER result SET STORAGE EXTERNAL;
        CREATE INDEX jobs_kind ON longhaul.jobs (queue, kind, id);
        CREATE INDEX jobs_parent ON longhaul.jobs (parent, id) WHERE parent IS NOT NULL;
        CREATE INDEX jobs_actor ON longhaul.jobs (actor, id) WHERE actor IS NOT NULL;
        """

    private static let places = """
        CREATE TABLE longhaul.lanes (
            id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            queue text NOT NULL,
            kind text NOT NULL,
            labels text NOT NULL,
            partition_value text NOT NULL,
            priority smallint NOT NULL,
            is_late boolean NOT NULL,
            CONSTRAINT lanes_name UNIQUE (queue, kind, labels, partition_value, priority, is_late)
        );
        CREATE TABLE longhaul.pending (
            pos bigint NOT NULL,
            run_at bigint NOT NULL,
            lane integer NOT NULL,
            id uuid NOT NULL,
            PRIMARY KEY (lane, pos, id)
        );
        CREATE TABLE longhaul.agenda (
            due bigint NOT NULL,
            id uuid NOT NULL,
            state smallint NOT NULL,
            PRIMARY KEY (due, id)
        );
        CREATE INDEX agenda_state ON longhaul.agenda (state, id) WHERE state NOT IN (2, 5);
        """

    private static let queues = """
        CREATE TABLE longhaul.queues (
            name text PRIMARY KEY,
            max_depth bigint,
            max_waiting bigint,
            paused boolean NOT NULL,
            max_concurrency bigint,
            rate_jobs bigint,
            rate_period_seconds double precision,
            rate_burst bigint,
            partition_by text,
            max_size bigint,
            tokens double precision,
            tokens_counted_at bigint,
            is_sorting boolean NOT NULL DEFAULT false
        );
        CREATE TABLE longhaul.routing_rules (
            number bigint PRIMARY KEY,
            kinds text NOT NULL,
            labels text,
            queue text NOT NULL
        );
        CREATE TABLE longhaul.queue_counts (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            queue text NOT NULL,
            scheduled bigint NOT NULL,
            blocked bigint NOT NULL,
            pending bigint NOT NULL,
            processing bigint NOT NULL,
            retrying bigint NOT NULL,
            completed bigint NOT NULL,
            failed bigint NOT NULL,
            cancelled bigint NOT NULL
        );
        CREATE TABLE longhaul.queue_samples (
            at bigint NOT NULL,
            queue text NOT NULL,
            depth bigint NOT NULL,
            enqueued bigint NOT NULL,
            finished bigint NOT NULL,
            failed bigint NOT NULL,
            wait_p50 double precision,
            wait_p95 double precision,
            run_p50 double precision,
            run_p95 double precision,
            PRIMARY KEY (at, queue)
        );
        """

    private static let others = """
        CREATE TABLE longhaul.faults (
            id uuid NOT NULL,
            started_at bigint,
            at bigint NOT NULL,
            fence bigint NOT NULL,
            version integer NOT NULL,
            attempt integer NOT NULL,
            retryable boolean NOT NULL,
            worker_id text,
            worker_name text,
            type text NOT NULL,
            message text NOT NULL,
            details bytea,
            PRIMARY KEY (id, version)
        );
        CREATE TABLE longhaul.dead_letters (
            fingerprint text NOT NULL,
            queue text NOT NULL,
            id uuid NOT NULL,
            PRIMARY KEY (fingerprint, queue, id)
        );
        CREATE TABLE longhaul.dead_letter_groups (
            fingerprint text NOT NULL,
            queue text NOT NULL,
            kind text NOT NULL,
            error_type text NOT NULL,
            count bigint NOT NULL,
            first_seen_at bigint NOT NULL,
            last_seen_at bigint NOT NULL,
            PRIMARY KEY (fingerprint, queue)
        );
        CREATE TABLE longhaul.tags (
            name text NOT NULL,
            value text NOT NULL,
            id uuid NOT NULL,
            PRIMARY KEY (name, value, id)
        );
        CREATE TABLE longhaul.dependencies (
            on_id uuid NOT NULL,
            id uuid NOT NULL,
            PRIMARY KEY (on_id, id)
        );
        CREATE TABLE longhaul.submission_keys (
            digest bytea NOT NULL,
            id uuid NOT NULL,
            expires_at bigint,
            fingerprint bytea,
            CONSTRAINT submission_keys_pkey PRIMARY KEY (digest)
        );
        CREATE INDEX submission_keys_expiring ON longhaul.submission_keys (expires_at)
            WHERE expires_at IS NOT NULL;
        CREATE INDEX submission_keys_job ON longhaul.submission_keys (id);
        CREATE TABLE longhaul.logs (
            id uuid NOT NULL,
            number bigint NOT NULL,
            at bigint NOT NULL,
            attempt integer NOT NULL,
            level smallint NOT NULL,
            message text NOT NULL,
            PRIMARY KEY (id, number)
        );
        CREATE TABLE longhaul.steps (
            id uuid NOT NULL,
            name text NOT NULL,
            output bytea NOT NULL,
            PRIMARY KEY (id, name)
        );
        CREATE TABLE longhaul.artifacts (
            id uuid NOT NULL,
            fence bigint NOT NULL,
            size_bytes bigint NOT NULL,
            name text NOT NULL,
            content_type text NOT NULL,
            sha256 text NOT NULL,
            PRIMARY KEY (id, fence, name)
        );
        CREATE TABLE longhaul.schedules (
            name text PRIMARY KEY,
            revision bigint NOT NULL,
            cron text NOT NULL,
            time_zone text NOT NULL,
            job bytea NOT NULL,
            catch_up text NOT NULL,
            paused boolean NOT NULL,
            caller text NOT NULL,
            created_at bigint NOT NULL,
            updated_at bigint NOT NULL,
            next_run_at bigint,
            last_run_at bigint,
            last_job_id uuid
        );
        CREATE INDEX schedules_due ON longhaul.schedules (next_run_at);
        CREATE TABLE longhaul.servers (
            id bigint PRIMARY KEY,
            seen_at timestamptz NOT NULL
        );
        CREATE TABLE longhaul.workers (
            id text PRIMARY KEY,
            name text NOT NULL,
            labels text NOT NULL,
            queues text NOT NULL,
            kinds text NOT NULL,
            lease_seconds double precision NOT NULL,
            first_seen_at bigint NOT NULL,
            last_seen_at bigint NOT NULL
        );
        """
}
