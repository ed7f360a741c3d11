-- Copies a completed job `finished` times with all its rows in the store: the job, its entry in the agenda, the counts.
-- psql -v finished=1000000 -f finished.sql
SELECT format('INSERT INTO longhaul.jobs (%s) SELECT %s FROM generate_series(1, %s) n,'
    ' (SELECT * FROM longhaul.jobs WHERE state = 5 ORDER BY id DESC LIMIT 1) j',
    string_agg(quote_ident(attname), ', ' ORDER BY attnum),
    string_agg(
        CASE attname
        -- Each a millisecond older than the one before it.
        WHEN 'id' THEN $$(lpad(to_hex(j.created_at - n), 12, '0') || '7' || lpad(to_hex(n & 4095), 3, '0') || '8'
            || lpad(to_hex(n), 15, '0'))::uuid$$
        ELSE 'j.' || quote_ident(attname) END, ', ' ORDER BY attnum),
    :finished)
FROM pg_attribute WHERE attrelid = 'longhaul.jobs'::regclass AND attnum > 0 AND NOT attisdropped
\gexec
INSERT INTO longhaul.agenda (due, id, state)
SELECT due, id, state FROM longhaul.jobs j
WHERE state = 5 AND NOT EXISTS (SELECT FROM longhaul.agenda a WHERE a.due = j.due AND a.id = j.id);
INSERT INTO longhaul.queue_counts (queue, scheduled, blocked, pending, processing, retrying, completed, failed, cancelled)
VALUES ('default', 0, 0, 0, 0, 0, :finished, 0, 0);
