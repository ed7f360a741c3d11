extension Migration {
    /// API keys. `digest` is the SHA-256 of a key. `version` increases with every change of the keys except their last use.
    /// `session_secret` seals the sessions of the dashboard.
    static let apiKeys = Migration(
        version: 11,
        sql: """
            CREATE TABLE api_keys (
                id TEXT PRIMARY KEY,
                name TEXT NOT NULL,
                scopes TEXT NOT NULL,
                queues TEXT NOT NULL,
                kinds TEXT NOT NULL,
                digest BLOB NOT NULL,
                created_at INTEGER NOT NULL,
                created_by TEXT NOT NULL,
                expires_at INTEGER,
                last_used_at INTEGER,
                revoked_at INTEGER
            ) STRICT, WITHOUT ROWID;
            CREATE TABLE api_key_state (version INTEGER NOT NULL, session_secret BLOB NOT NULL) STRICT;
            INSERT INTO api_key_state (version, session_secret) VALUES (1, randomblob(32));
            """)
}
