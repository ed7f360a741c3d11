extension Migration {
    /// The audit log. `audit_chain` has two rows: the place of the last record that retention has removed, and of the last one.
    /// A server locks the second one while it adds records, so the chain has no forks. `audit_subjects` finds the records of a
    /// subject.
    static let audit = Migration(
        version: 11,
        statements: [
            """
            CREATE TABLE longhaul.audit (
                number bigint PRIMARY KEY,
                recorded_at bigint NOT NULL,
                caller text NOT NULL,
                key_id text,
                client text,
                request_id text,
                action_name text NOT NULL,
                subjects text NOT NULL,
                subject_count bigint NOT NULL,
                value_before bytea,
                value_after bytea,
                hash bytea NOT NULL
            );
            CREATE INDEX audit_action ON longhaul.audit (action_name, number);
            CREATE INDEX audit_caller ON longhaul.audit (caller, number);
            CREATE TABLE longhaul.audit_subjects (
                subject text NOT NULL,
                number bigint NOT NULL,
                PRIMARY KEY (subject, number)
            );
            CREATE TABLE longhaul.audit_chain (
                place text PRIMARY KEY CHECK (place IN ('removed', 'last')),
                number bigint NOT NULL,
                hash bytea NOT NULL
            );
            INSERT INTO longhaul.audit_chain VALUES
                ('removed', 0, decode(repeat('00', 32), 'hex')), ('last', 0, decode(repeat('00', 32), 'hex'));
            """
        ])
}
