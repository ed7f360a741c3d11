extension Migration {
    /// The records of state machines and their executions.
    ///
    /// - `space` is a `RecordSpace`.
    /// - `job` is the ID of the job that the record belongs to; 16 zero bytes for none.
    /// - `value` is JSON text. It comes last, so that the other columns are read without it.
    static let records = Migration(
        version: 15,
        sql: """
            CREATE TABLE records (
                space INTEGER NOT NULL,
                job BLOB NOT NULL,
                name TEXT NOT NULL,
                revision INTEGER NOT NULL,
                value BLOB NOT NULL,
                PRIMARY KEY (space, job, name)
            ) STRICT, WITHOUT ROWID;
            """)
}
