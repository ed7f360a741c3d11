extension Migration {
    /// The audit log. `audit_chain` has two rows: the place of the last record that retention has removed, and of the last one.
    /// `audit_subjects` finds the records of a subject.
    static let audit = Migration(
        version: 13,
        sql: """
            CREATE TABLE audit (
                number INTEGER PRIMARY KEY,
                recorded_at INTEGER NOT NULL,
                caller TEXT NOT NULL,
                key_id TEXT,
                client TEXT,
                request_id TEXT,
                action_name TEXT NOT NULL,
                subjects TEXT NOT NULL,
                subject_count INTEGER NOT NULL,
                value_before BLOB,
                value_after BLOB,
                hash BLOB NOT NULL
            ) STRICT;
            CREATE INDEX audit_action ON audit (action_name);
            CREATE INDEX audit_caller ON audit (caller);
            CREATE TABLE audit_subjects (
                subject TEXT NOT NULL,
                number INTEGER NOT NULL,
                PRIMARY KEY (subject, number)
            ) STRICT, WITHOUT ROWID;
            CREATE TABLE audit_chain (
                place TEXT PRIMARY KEY CHECK (place IN ('removed', 'last')),
                number INTEGER NOT NULL,
                hash BLOB NOT NULL
            ) STRICT, WITHOUT ROWID;
            INSERT INTO audit_chain VALUES ('removed', 0, zeroblob(32)), ('last', 0, zeroblob(32));
            """)
}
