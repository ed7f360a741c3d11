extension Migration {
    /// Submissions from SQL obey the rules of the HTTP API and belong to the role that calls; notifications are signed.
    static let strictSubmitFunction = Migration(
        version: 6,
        statements: [
            notificationKeys, notificationKey, signedNotification, valueFault, ruleBroken, submitFunctionText,
            closed,
        ])

    private static let notificationKeys = """
        CREATE TABLE longhaul.notification_key (
            single boolean PRIMARY KEY DEFAULT true CHECK (single),
            inner_key bytea NOT NULL,
            outer_key bytea NOT NULL
        );
        REVOKE ALL ON longhaul.notification_key FROM PUBLIC;
        """

    /// Two keys of 64 bytes, of which 488 bits each are random.
    private static let notificationKey = """
        INSERT INTO longhaul.notification_key (inner_key, outer_key)
        SELECT decode(left(digits, 128), 'hex'), decode(right(digits, 128), 'hex') FROM (
            SELECT string_agg(replace(gen_random_uuid()::text, '-', ''), '') AS digits
            FROM generate_series(1, 8)) AS random
        """

    /// The text of a notification: sender, code, body. See `NotificationKey`.
    private static let signedNotification = """
        CREATE FUNCTION longhaul.notification(sender bigint, body text) RETURNS text LANGUAGE sql STABLE
        SET search_path = pg_catalog, pg_temp AS $body$
            SELECT sender || ' ' || left(encode(sha256(k.outer_key || sha256(
                k.inner_key || convert_to(sender || ' ' || body, 'UTF8'))), 'hex'), 32) || ' ' || body
            FROM longhaul.notification_key k
        $body$
        """

    /// What is wrong with a JSON value by the rules of the HTTP API; NULL if it is good.
    ///
    /// `json` accepts repeated keys, escaped surrogates without their other half, and any depth. The functions that
    /// take it apart refuse U+0000, which the rules allow, so that another character stands in its place here.
    private static let valueFault = """
        CREATE FUNCTION longhaul.value_fault(value json) RETURNS text LANGUAGE plpgsql IMMUTABLE
        SET search_path = pg_catalog, pg_temp AS $body$
        DECLARE
            plain text := replace(replace(value::text, '\\\\', '\\u005c'), '\\u0000', '\\ue000');
            deepest integer;
            repeated text;
        BEGIN
            IF regexp_replace(plain, '\\\\u[dD][89abAB][0-9a-fA-F]{2}\\\\u[dD][c-fC-F][0-9a-fA-F]{2}', '', 'g')
                ~ '\\\\u[dD][89a-fA-F]' THEN
                RETURN 'escaped surrogate without its other half';
            END IF;
            WITH RECURSIVE nodes (node, depth) AS (
                SELECT plain::json, 1 WHERE json_typeof(plain::json) IN ('object', 'array')
                UNION ALL
                SELECT child.node, nodes.depth + 1 FROM nodes, LATERAL (
                    SELECT e.value AS node FROM json_each(
                        CASE json_typeof(nodes.node) WHEN 'object' THEN nodes.node ELSE '{}' END) e
                    UNION ALL
                    SELECT a.value FROM json_array_elements(
                        CASE json_typeof(nodes.node) WHEN 'array' THEN nodes.node ELSE '[]' END) a) child
                WHERE nodes.depth <= 32 AND json_typeof(child.node) IN ('object', 'array')
            )
            SELECT max(nodes.depth), min(keys.name) INTO deepest, repeated FROM nodes LEFT JOIN LATERAL (
                SELECT min(k) AS name FROM (
                    SELECT k FROM json_object_keys(
                        CASE json_typeof(nodes.node) WHEN 'object' THEN nodes.node ELSE '{}' END) k
                    GROUP BY k HAVING count(*) > 1) twice) keys ON true;
            IF deepest > 32 THEN
                RETURN 'must be nested at most 32 deep';
            ELSIF repeated IS NOT NULL THEN
                RETURN 'duplicate key "' || left(repeated, 100) || '"';
            END IF;
            RETURN NULL;
        END
        $body$
        """

    /// Raises the error of a field that breaks a rule, unless the rule is kept.
    private static let ruleBroken = """
        CREATE FUNCTION longhaul.expect(is_good boolean, field text, message text) RETURNS void LANGUAGE plpgsql
        IMMUTABLE SET search_path = pg_catalog, pg_temp AS $body$
        BEGIN
            IF is_good IS NOT TRUE THEN
                RAISE EXCEPTION '%: %', field, message USING ERRCODE = 'invalid_parameter_value';
            END IF;
        END
        $body$
        """

    /// `longhaul.submit` as of the latest version of the schema. It uses columns that later steps add.
    static let submitFunctionText = """
        CREATE OR REPLACE FUNCTION longhaul.submit(
            kind text, payload json DEFAULT 'null', queue text DEFAULT 'default', priority integer DEFAULT 5,
            run_at timestamptz DEFAULT NULL, expires_at timestamptz DEFAULT NULL,
            max_attempts integer DEFAULT 4, timeout_seconds double precision DEFAULT NULL,
            actor text DEFAULT NULL, tags jsonb DEFAULT NULL, idempotency_key text DEFAULT NULL,
            caller text DEFAULT NULL
        ) RETURNS uuid LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
        DECLARE
            job uuid := longhaul.new_id();
            present bigint := floor(extract(epoch FROM clock_timestamp()) * 1000);
            latest timestamptz := '9999-12-31 00:00:00+00';
            due bigint;
            until bigint;
            submitter text := session_user;
            text_of_payload text := coalesce(payload::text, 'null');
            fault text;
            other record;
            bounds record;
            queue_limit bigint;
            counts record;
            extra jsonb;
        BEGIN
            PERFORM longhaul.expect(kind ~ '^[A-Za-z0-9._/-]{1,200}$', 'kind',
                'must be 1 to 200 characters of A-Z a-z 0-9 . _ - /');
            PERFORM longhaul.expect(NOT starts_with(kind, 'longhaul' || '.'), 'kind',
                'must not begin with longhaul' || '., which is reserved for jobs of the server');
            PERFORM longhaul.expect(queue ~ '^[A-Za-z0-9._-]{1,100}$', 'queue',
                'must be 1 to 100 characters of A-Z a-z 0-9 . _ -');
            PERFORM longhaul.expect(priority BETWEEN 0 AND 9, 'priority', 'must be from 0 to 9');
            PERFORM longhaul.expect(max_attempts BETWEEN 1 AND 100, 'max_attempts', 'must be from 1 to 100');
            PERFORM longhaul.expect(timeout_seconds IS NULL OR timeout_seconds BETWEEN 0.001 AND 315360000,
                'timeout_seconds', 'must be from 0.001 to 315360000');
            PERFORM longhaul.expect(run_at IS NULL OR run_at BETWEEN '-infinity' AND latest,
                'run_at', 'must lie before the year 10000');
            PERFORM longhaul.expect(expires_at IS NULL OR expires_at < latest,
                'expires_at', 'must lie before the year 10000');
            PERFORM longhaul.expect(expires_at IS NULL OR expires_at > clock_timestamp(),
                'expires_at', 'lies in the past');
            PERFORM longhaul.expect(expires_at IS NULL OR run_at IS NULL OR expires_at > run_at,
                'expires_at', 'must be later than run_at');
            PERFORM longhaul.expect(actor IS NULL OR char_length(actor) BETWEEN 1 AND 200,
                'actor', 'must have 1 to 200 characters');
            PERFORM longhaul.expect(idempotency_key IS NULL OR char_length(idempotency_key) BETWEEN 1 AND 255,
                'idempotency_key', 'must have 1 to 255 characters');
            PERFORM longhaul.expect(caller IS NULL OR caller = submitter, 'caller',
                'is always the role of the session; leave it out, and name a user of yours in actor');
            PERFORM longhaul.expect(tags IS NULL OR jsonb_typeof(tags) = 'object', 'tags',
                'must be an object of texts');
            IF tags IS NOT NULL THEN
                PERFORM longhaul.expect((SELECT count(*) <= 50 FROM jsonb_object_keys(tags)), 'tags',
                    'must be at most 50');
                PERFORM longhaul.expect(NOT EXISTS (SELECT FROM jsonb_each(tags) t
                    WHERE jsonb_typeof(t.value) <> 'string' OR char_length(t.key) NOT BETWEEN 1 AND 100
                        OR char_length(t.value #>> '{}') > 500), 'tags',
                    'a tag has a key of 1 to 100 characters and a text of at most 500');
            END IF;
            PERFORM longhaul.expect(octet_length(text_of_payload) <= 262144, 'payload',
                'must have at most 262144 bytes');
            fault := longhaul.value_fault(text_of_payload::json);
            PERFORM longhaul.expect(fault IS NULL, 'payload', fault);

            due := greatest(CASE WHEN run_at > '-infinity'
                THEN floor(extract(epoch FROM run_at) * 1000)::bigint END, present);
            until := floor(extract(epoch FROM expires_at) * 1000);
            extra := jsonb_strip_nulls(jsonb_build_object(
                'timeout_seconds', timeout_seconds, 'tags', nullif(tags, '{}'::jsonb)));

            IF idempotency_key IS NOT NULL THEN
                LOOP
                    INSERT INTO longhaul.submission_keys AS k (digest, id, expires_at)
                    VALUES (longhaul.key_digest(submitter, idempotency_key), job, present + 86400000)
                    ON CONFLICT DO NOTHING;
                    EXIT WHEN FOUND;
                    SELECT k.id, k.expires_at INTO other FROM longhaul.submission_keys k
                    WHERE k.digest = longhaul.key_digest(submitter, idempotency_key) FOR UPDATE;
                    IF FOUND AND other.expires_at > present THEN
                        RETURN other.id;
                    END IF;
                    DELETE FROM longhaul.submission_keys k
                    WHERE k.digest = longhaul.key_digest(submitter, idempotency_key);
                END LOOP;
            END IF;

            SELECT coalesce(sum(c.pending), 0) AS pending,
                coalesce(sum(c.scheduled + c.blocked + c.retrying), 0) AS waiting
            INTO counts FROM longhaul.queue_counts c WHERE c.queue = submit.queue;
            SELECT q.max_depth, q.max_waiting INTO bounds FROM longhaul.queues q WHERE q.name = queue;
            IF NOT FOUND THEN
                SELECT m.max_queues INTO queue_limit FROM longhaul.meta m;
                IF NOT EXISTS (SELECT FROM longhaul.queue_counts c WHERE c.queue = submit.queue)
                    AND queue_limit <= (SELECT count(*) FROM (
                        SELECT q.name FROM longhaul.queues q UNION SELECT c.queue FROM longhaul.queue_counts c) known)
                THEN
                    RAISE EXCEPTION 'system_busy: the queue % cannot be added: the maximum is % queues', queue,
                        queue_limit USING ERRCODE = 'configuration_limit_exceeded';
                END IF;
                SELECT 100000 AS max_depth, NULL::bigint AS max_waiting INTO bounds;
            END IF;
            IF bounds.max_depth <= counts.pending OR due > present AND bounds.max_waiting <= counts.waiting THEN
                RAISE EXCEPTION 'system_busy: the queue % is full', queue
                    USING ERRCODE = 'configuration_limit_exceeded';
            END IF;

            INSERT INTO longhaul.jobs (
                id, queue, kind, priority, max_attempts, created_at, expires_at, caller, actor, extra, payload,
                state, attempt, run_at, due, waiting_on, needed, is_parent, is_awaited, history, fault_version,
                fence, fence_base, secret, lease_ms, artifact_fence)
            VALUES (
                job, queue, kind, priority, max_attempts, present, until, submitter, actor,
                nullif(extra, '{}'::jsonb)::text, convert_to(text_of_payload, 'UTF8'),
                0, 0, due, least(due, until), 0, 0, false, false,
                '\\x0000'::bytea || substring(int8send(present) FROM 3) || substring(int8send(due) FROM 3), 0,
                0, 0, 0, 0, 0);
            INSERT INTO longhaul.agenda (due, id, state) VALUES (least(due, until), job, 0);
            INSERT INTO longhaul.tags (name, value, id)
            SELECT t.key, t.value, job FROM jsonb_each_text(coalesce(tags, '{}'::jsonb)) t;
            INSERT INTO longhaul.queue_counts (
                queue, scheduled, blocked, pending, processing, retrying, completed, failed, cancelled)
            VALUES (queue, 1, 0, 0, 0, 0, 0, 0, 0);
            PERFORM pg_notify(split_part('longhaul.', '.', 1), longhaul.notification(0, '[' || json_build_object(
                'id', job, 'q', queue, 'k', kind, 'p', priority, 's', 0, 'a', 0, 'v', 1, 'at', present,
                'run', due) || ']'));
            RETURN job;
        END
        $body$
        """

    /// The function submits with its owner's rights; what it uses is for the owner alone.
    private static let closed = """
        REVOKE ALL ON FUNCTION longhaul.notification, longhaul.value_fault, longhaul.expect, longhaul.key_digest,
            longhaul.new_id FROM PUBLIC
        """
}
