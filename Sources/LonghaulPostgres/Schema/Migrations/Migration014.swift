extension Migration {
    /// The records of state machines and their executions. `longhaul.submit` refuses reserved kinds.
    ///
    /// - `space` is a `RecordSpace`.
    /// - `job` is the ID of the job that the record belongs to; all bits are zero for none.
    /// - `value` is JSON text.
    static let records = Migration(
        version: 14,
        statements: [
            """
            CREATE TABLE longhaul.records (
                space bigint NOT NULL,
                job uuid NOT NULL,
                revision bigint NOT NULL,
                name text COLLATE "C" NOT NULL,
                value bytea NOT NULL,
                CONSTRAINT records_pkey PRIMARY KEY (space, job, name)
            );
            ALTER TABLE longhaul.records ALTER value SET STORAGE EXTERNAL;
            """, submitFunctionText,
        ])
}
