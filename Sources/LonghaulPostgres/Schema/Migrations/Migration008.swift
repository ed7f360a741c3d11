extension Migration {
    /// Every server registers, and `longhaul.submit` obeys the maximum number of queues.
    ///
    /// - `is_listening` is false for a server that is connected through a pooler of transactions and cannot `LISTEN`.
    ///   The other servers send it no notifications.
    /// - `max_queues` is the setting of the servers, which they write at maintenance. NULL means no maximum.
    static let registeredServers = Migration(
        version: 8,
        statements: [
            """
            ALTER TABLE longhaul.servers ADD COLUMN is_listening boolean NOT NULL DEFAULT true;
            ALTER TABLE longhaul.meta ADD COLUMN max_queues bigint DEFAULT 10000;
            """, submitFunctionText,
        ])
}
