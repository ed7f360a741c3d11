extension Migration {
    /// Lists the payloads that are stored ahead of their jobs.
    static let stagedPayloads = Migration(
        version: 10, sql: "CREATE TABLE staged_payloads (seq INTEGER PRIMARY KEY) STRICT")
}
