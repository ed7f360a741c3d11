extension Migration {
    /// Webhook deliveries.
    ///
    /// - `host` is the host and the port of the URL. A claim visits host after host, in the order of bytes.
    /// - `due_at` is NULL once a delivery has ended.
    static let webhooks = Migration(
        version: 10,
        statements: [
            """
            CREATE TABLE longhaul.webhook_deliveries (
                delivery_id uuid PRIMARY KEY,
                job_id uuid NOT NULL,
                event text NOT NULL,
                url text NOT NULL,
                host text COLLATE "C" NOT NULL,
                created_at bigint NOT NULL,
                body bytea NOT NULL,
                state text NOT NULL,
                due_at bigint,
                ended_at bigint,
                attempt_count bigint NOT NULL,
                failures bigint NOT NULL,
                retry_until bigint NOT NULL,
                claim bigint NOT NULL,
                is_claimed boolean NOT NULL,
                attempts text NOT NULL
            );
            CREATE INDEX webhook_deliveries_job ON longhaul.webhook_deliveries (job_id, delivery_id);
            CREATE INDEX webhook_deliveries_state ON longhaul.webhook_deliveries (state, delivery_id);
            CREATE INDEX webhook_deliveries_host ON longhaul.webhook_deliveries (host, due_at)
                WHERE due_at IS NOT NULL;
            CREATE INDEX webhook_deliveries_due ON longhaul.webhook_deliveries (due_at) WHERE due_at IS NOT NULL;
            """
        ])
}
