extension Migration {
    /// Submitting from SQL, in the caller's own transaction: `longhaul.submit`.
    ///
    /// The job is stored as scheduled for the current time. A server that receives the notification at the commit makes
    /// it pending. So the function takes no lock that others wait for, however long the caller's transaction lasts. The
    /// exception is its idempotency key: another call with the same key waits, and fails after a timeout.
    static let submitFunction = Migration(version: 2, statements: [identifier, digest, submit, rights])

    /// A UUID of version 7: milliseconds, the fraction of one in 12 bits, 62 random bits.
    private static let identifier = """
        CREATE FUNCTION longhaul.new_id() RETURNS uuid LANGUAGE plpgsql VOLATILE AS $body$
        DECLARE
            moment numeric := extract(epoch FROM clock_timestamp()) * 1000;
            fraction integer := floor((moment - floor(moment)) * 4096);
            bytes bytea := uuid_send(gen_random_uuid());
        BEGIN
            bytes := overlay(bytes PLACING substring(int8send(floor(moment)::bigint) FROM 3) FROM 1 FOR 6);
            bytes := set_byte(bytes, 6, 112 | (fraction >> 8));
            bytes := set_byte(bytes, 7, fraction & 255);
            RETURN encode(bytes, 'hex')::uuid;
        END
        $body$
        """

    /// The digest of a caller's key: the same as over HTTP.
    private static let digest = """
        CREATE FUNCTION longhaul.key_digest(caller text, key text) RETURNS bytea LANGUAGE sql IMMUTABLE AS $body$
            SELECT sha256(string_agg(convert_to(octet_length(part) || ':' || part, 'UTF8'), '' ORDER BY place))
            FROM unnest(ARRAY['idempotency', caller, key]) WITH ORDINALITY AS parts (part, place)
        $body$
        """

    private static let submit = """
        CREATE FUNCTION longhaul.submit(
            kind text, payload json DEFAULT 'null', queue text DEFAULT 'default', priority integer DEFAULT 5,
            run_at timestamptz DEFAULT NULL, expires_at timestamptz DEFAULT NULL,
            max_attempts integer DEFAULT 4, timeout_seconds double precision DEFAULT NULL,
            actor text DEFAULT NULL, tags jsonb DEFAULT NULL, idempotency_key text DEFAULT NULL,
            caller text DEFAULT 'anonymous'
        ) RETURNS uuid LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
        DECLARE
            job uuid := longhaul.new_id();
            present bigint := floor(extract(epoch FROM clock_timestamp()) * 1000);
            due bigint := greatest(coalesce(floor(extract(epoch FROM run_at) * 1000)::bigint, present), present);
            until bigint := floor(extract(epoch FROM expires_at) * 1000);
            text_of_payload text := payload::text;
            other record;
            bound bigint;
            extra jsonb := jsonb_strip_nulls(jsonb_build_object(
                'timeout_seconds', timeout_seconds, 'tags', nullif(tags, '{}'::jsonb)));
        BEGIN
            IF kind IS NULL OR kind !~ '^[A-Za-z0-9._/-]{1,200}$' THEN
                RAISE EXCEPTION 'kind: 1 to 200 characters of A-Z a-z 0-9 . _ - / are expected'
                    USING ERRCODE = 'invalid_parameter_value';
            ELSIF queue IS NULL OR queue !~ '^[A-Za-z0-9._-]{1,100}$' THEN
                RAISE EXCEPTION 'queue: 1 to 100 characters of A-Z a-z 0-9 . _ - are expected'
                    USING ERRCODE = 'invalid_parameter_value';
            ELSIF priority IS NULL OR priority NOT BETWEEN 0 AND 9 THEN
                RAISE EXCEPTION 'priority: 0 to 9 is expected' USING ERRCODE = 'invalid_parameter_value';
            ELSIF max_attempts IS NULL OR max_attempts NOT BETWEEN 1 AND 100 THEN
                RAISE EXCEPTION 'max_attempts: 1 to 100 is expected' USING ERRCODE = 'invalid_parameter_value';
            ELSIF timeout_seconds <= 0 THEN
                RAISE EXCEPTION 'timeout_seconds: more than 0 is expected'
                    USING ERRCODE = 'invalid_parameter_value';
            ELSIF octet_length(text_of_payload) > 262144 THEN
                RAISE EXCEPTION 'payload: at most 262144 bytes are expected'
                    USING ERRCODE = 'invalid_parameter_value';
            ELSIF tags IS NOT NULL AND (jsonb_typeof(tags) <> 'object' OR EXISTS (
                SELECT FROM jsonb_each(tags) t WHERE jsonb_typeof(t.value) <> 'string')) THEN
                RAISE EXCEPTION 'tags: an object of texts is expected' USING ERRCODE = 'invalid_parameter_value';
            END IF;

            IF idempotency_key IS NOT NULL THEN
                LOOP
                    INSERT INTO longhaul.submission_keys AS k (digest, id, expires_at)
                    VALUES (longhaul.key_digest(caller, idempotency_key), job, present + 86400000)
                    ON CONFLICT DO NOTHING;
                    EXIT WHEN FOUND;
                    SELECT k.id, k.expires_at INTO other FROM longhaul.submission_keys k
                    WHERE k.digest = longhaul.key_digest(caller, idempotency_key) FOR UPDATE;
                    IF FOUND AND other.expires_at > present THEN
                        RETURN other.id;
                    END IF;
                    DELETE FROM longhaul.submission_keys k
                    WHERE k.digest = longhaul.key_digest(caller, idempotency_key);
                END LOOP;
            END IF;

            SELECT q.max_depth INTO bound FROM longhaul.queues q WHERE q.name = queue;
            IF NOT FOUND THEN
                bound := 100000;
            END IF;
            IF bound <= (SELECT sum(c.pending) FROM longhaul.queue_counts c WHERE c.queue = submit.queue) THEN
                RAISE EXCEPTION 'system_busy: the queue % is full', queue
                    USING ERRCODE = 'configuration_limit_exceeded';
            END IF;

            INSERT INTO longhaul.jobs (
                id, queue, kind, priority, max_attempts, created_at, expires_at, caller, actor, extra, payload,
                state, attempt, run_at, due, waiting_on, needed, is_parent, is_awaited, history, fault_version,
                fence, fence_base, secret, lease_ms, artifact_fence)
            VALUES (
                job, queue, kind, priority, max_attempts, present, until, caller, actor,
                nullif(extra, '{}'::jsonb)::text, convert_to(coalesce(text_of_payload, 'null'), 'UTF8'),
                0, 0, due, least(due, until), 0, 0, false, false,
                '\\x0000'::bytea || substring(int8send(present) FROM 3) || substring(int8send(due) FROM 3), 0,
                0, 0, 0, 0, 0);
            INSERT INTO longhaul.agenda (due, id, state) VALUES (least(due, until), job, 0);
            INSERT INTO longhaul.tags (name, value, id)
            SELECT t.key, t.value, job FROM jsonb_each_text(coalesce(tags, '{}'::jsonb)) t;
            INSERT INTO longhaul.queue_counts (
                queue, scheduled, blocked, pending, processing, retrying, completed, failed, cancelled)
            VALUES (queue, 1, 0, 0, 0, 0, 0, 0, 0);
            PERFORM pg_notify(split_part('longhaul.', '.', 1), '0 [' || json_build_object(
                'id', job, 'q', queue, 'k', kind, 'p', priority, 's', 0, 'a', 0, 'v', 1, 'at', present,
                'run', due) || ']');
            RETURN job;
        END
        $body$
        """

    /// A role that may call the function needs no rights on the tables. Without a grant, no other role may call it.
    private static let rights = """
        REVOKE ALL ON FUNCTION longhaul.submit FROM PUBLIC
        """
}
