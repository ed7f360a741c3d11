extension Migration {
    /// API keys.
    ///
    /// - `digest` is the SHA-256 of a key.
    /// - `version` increases with every change of the keys except their last use.
    /// - `session_secret` seals the sessions of the dashboard.
    static let apiKeys = Migration(
        version: 9,
        statements: [
            """
            CREATE TABLE longhaul.api_keys (
                id text PRIMARY KEY,
                name text NOT NULL,
                scopes text NOT NULL,
                queues text NOT NULL,
                kinds text NOT NULL,
                digest bytea NOT NULL,
                created_at bigint NOT NULL,
                created_by text NOT NULL,
                expires_at bigint,
                last_used_at bigint,
                revoked_at bigint
            )
            """,
            "CREATE TABLE longhaul.api_key_state (version bigint NOT NULL, session_secret bytea NOT NULL)",
            """
            INSERT INTO longhaul.api_key_state (version, session_secret)
            VALUES (1, sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')))
            """,
        ])
}
