extension Migration {
    /// Only the primary key of `operations` begins with `id`, so each statement has one index that it can use.
    ///
    /// While journals are short, PostgreSQL expects the same cost from two indexes that begin with `id`. With the wrong one,
    /// each change of an operation would read the whole journal of its job.
    static let operationNames = Migration(
        version: 13,
        statements: [
            """
            ALTER TABLE longhaul.operations DROP CONSTRAINT operations_name;
            CREATE UNIQUE INDEX operations_name ON longhaul.operations ((id::text || '/' || operation_id) COLLATE "C");
            """
        ])
}
