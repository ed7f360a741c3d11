import CSQLite
import Testing

/// The file of a store, read and changed as by another program.
struct Database {
    let path: String

    /// Runs SQL.
    func run(_ sql: String) {
        var handle: OpaquePointer?
        defer { sqlite3_close_v2(handle) }
        #expect(sqlite3_open(path, &handle) == SQLITE_OK)
        sqlite3_busy_timeout(handle, 30_000)
        #expect(sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK, "\(sql)")
    }

    /// The integer that an SQL query returns.
    func integer(_ sql: String) -> Int64 {
        var handle: OpaquePointer?
        defer { sqlite3_close_v2(handle) }
        sqlite3_open(path, &handle)
        var statement: OpaquePointer?
        defer { sqlite3_finalize(statement) }
        sqlite3_prepare_v2(handle, sql, -1, &statement, nil)
        sqlite3_step(statement)
        return sqlite3_column_int64(statement, 0)
    }
}
