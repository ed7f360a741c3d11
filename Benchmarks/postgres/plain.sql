-- The plain layout, for comparison: one table, a partial index of the pending jobs, one UPDATE for each step.
-- psql -v rounds=1000 -f plain.sql: submits, claims and completes a hundred jobs per round, and prints
-- the cost of a claim at the beginning and at the end as a line of JSON.
SET client_min_messages = warning;
CREATE TEMP TABLE timing (round integer, claim double precision, whole double precision);
CREATE TABLE IF NOT EXISTS plain_jobs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, state smallint NOT NULL DEFAULT 2, queue text NOT NULL,
    kind text NOT NULL, priority smallint NOT NULL DEFAULT 5, payload bytea NOT NULL, lease_expires_at timestamptz,
    worker text, finished_at timestamptz, result bytea);
CREATE INDEX IF NOT EXISTS plain_pending ON plain_jobs (queue, priority DESC, id) WHERE state = 2;
CREATE OR REPLACE PROCEDURE plain_round(round integer) LANGUAGE plpgsql AS $$
DECLARE
    began timestamptz := clock_timestamp();
    claiming timestamptz;
    claimed timestamptz;
    ids bigint[];
BEGIN
    INSERT INTO plain_jobs (queue, kind, payload)
    SELECT 'default', 'bench.noop', '{"n":1}' FROM generate_series(1, 100);
    COMMIT;
    claiming := clock_timestamp();
    WITH front AS (
        SELECT id FROM plain_jobs WHERE state = 2 AND queue = 'default' ORDER BY priority DESC, id LIMIT 100
        FOR UPDATE SKIP LOCKED),
    taken AS (
        UPDATE plain_jobs j SET state = 3, worker = 'bench', lease_expires_at = now() + interval '30 s'
        FROM front WHERE j.id = front.id RETURNING j.id)
    SELECT array_agg(id) INTO ids FROM taken;
    COMMIT;
    claimed := clock_timestamp();
    UPDATE plain_jobs SET state = 5, finished_at = now(), result = 'null' WHERE id = ANY(ids);
    COMMIT;
    INSERT INTO timing VALUES (
        round, extract(epoch FROM claimed - claiming), extract(epoch FROM clock_timestamp() - began));
END $$;
SELECT format('CALL plain_round(%s);', n) FROM generate_series(1, :rounds) n \gexec
WITH ends AS (
    SELECT round <= :rounds / 10 AS is_first, claim, whole FROM timing
    WHERE round <= :rounds / 10 OR round > :rounds - :rounds / 10)
SELECT json_build_object(
    'jobs', :rounds * 100,
    'first_jobs_per_second', round((100 / avg(whole) FILTER (WHERE is_first))::numeric),
    'last_jobs_per_second', round((100 / avg(whole) FILTER (WHERE NOT is_first))::numeric),
    'first_claim_p50_ms', round((percentile_cont(0.5) WITHIN GROUP (ORDER BY claim) FILTER (WHERE is_first) * 1000)::numeric, 3),
    'last_claim_p50_ms', round((percentile_cont(0.5) WITHIN GROUP (ORDER BY claim) FILTER (WHERE NOT is_first) * 1000)::numeric, 3),
    'first_claim_p99_ms', round((percentile_cont(0.99) WITHIN GROUP (ORDER BY claim) FILTER (WHERE is_first) * 1000)::numeric, 3),
    'last_claim_p99_ms', round((percentile_cont(0.99) WITHIN GROUP (ORDER BY claim) FILTER (WHERE NOT is_first) * 1000)::numeric, 3))
FROM ends;
DROP TABLE plain_jobs;
