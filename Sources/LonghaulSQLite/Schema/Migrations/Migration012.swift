extension Migration {
    /// Webhook deliveries.
    ///
    /// - `host` is the host and the port of the URL. A claim visits host after host.
    /// - `due_at` is NULL once a delivery has ended.
    static let webhooks = Migration(
        version: 12,
        sql: """
            CREATE TABLE webhook_deliveries (
                delivery_id BLOB NOT NULL,
                job_id BLOB NOT NULL,
                event TEXT NOT NULL,
                url TEXT NOT NULL,
                host TEXT NOT NULL,
                created_at INTEGER NOT NULL,
                body BLOB NOT NULL,
                state TEXT NOT NULL,
                due_at INTEGER,
                ended_at INTEGER,
                attempt_count INTEGER NOT NULL,
                failures INTEGER NOT NULL,
                retry_until INTEGER NOT NULL,
                claim INTEGER NOT NULL,
                is_claimed INTEGER NOT NULL,
                attempts TEXT NOT NULL
            ) STRICT;
            CREATE UNIQUE INDEX webhook_deliveries_id ON webhook_deliveries (delivery_id);
            CREATE INDEX webhook_deliveries_job ON webhook_deliveries (job_id, delivery_id);
            CREATE INDEX webhook_deliveries_state ON webhook_deliveries (state, delivery_id);
            CREATE INDEX webhook_deliveries_host ON webhook_deliveries (host, due_at) WHERE due_at IS NOT NULL;
            CREATE INDEX webhook_deliveries_due ON webhook_deliveries (due_at) WHERE due_at IS NOT NULL;
            """)
}
