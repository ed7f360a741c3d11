extension Migration {
    /// Lanes and queues that are no longer used can be deleted.
    ///
    /// - `generation` is the value of `meta.generation` at a row's last change. A server reads the rows that changed
    ///   since its last look, and not all of them.
    /// - `removals` counts deletions, which leave no row to read.
    /// - `used_at` is when a queue was last used, to within a minute or so.
    /// - `is_deleted` marks a queue that was deleted while ended jobs of it are still kept. It shows up again when it
    ///   is used again.
    /// - `hold_lanes` locks the lanes that a transaction adds jobs to, so that no server deletes them before the
    ///   commit. A lane that is gone already is a conflict: the transaction runs again, with a new lane.
    static let forgetting = Migration(
        version: 7,
        statements: [
            """
            ALTER TABLE longhaul.meta ADD COLUMN removals bigint NOT NULL DEFAULT 0;
            ALTER TABLE longhaul.lanes ADD COLUMN generation bigint NOT NULL DEFAULT 0;
            CREATE INDEX lanes_generation ON longhaul.lanes (generation);
            ALTER TABLE longhaul.queues ADD COLUMN generation bigint NOT NULL DEFAULT 0,
                ADD COLUMN used_at bigint NOT NULL DEFAULT (extract(epoch FROM now()) * 1000)::bigint,
                ADD COLUMN is_deleted boolean NOT NULL DEFAULT false;
            CREATE INDEX queues_generation ON longhaul.queues (generation);
            """, holdLanes,
        ])

    private static let holdLanes = """
        CREATE FUNCTION longhaul.hold_lanes(lanes integer[]) RETURNS void LANGUAGE plpgsql VOLATILE AS $body$
        DECLARE
            held bigint;
        BEGIN
            SELECT count(*) INTO held FROM (
                SELECT FROM longhaul.lanes l WHERE l.id = ANY(lanes) ORDER BY l.id FOR KEY SHARE) found;
            IF held <> cardinality(lanes) THEN
                RAISE EXCEPTION 'a lane was deleted' USING ERRCODE = 'serialization_failure';
            END IF;
        END
        $body$
        """
}
