import CSQLite
import LonghaulStore
import LonghaulWatch

/// A connection to the database, with its statements kept prepared.
///
/// SQLite's own locking is off: at any moment one thread uses the connection, the one that owns it.
final class Connection {
    private let handle: OpaquePointer
    /// Each with its query, which must live as long: another one could take the identity of one that is gone.
    private var statements: [ObjectIdentifier: (query: Query, statement: Statement)] = [:]
    private var isOpen = true
    /// The length of the write-ahead log after this connection's latest commit, in pages.
    private(set) var logPages = 0

    /// Set once, before the first connection. Another user of SQLite in the process may have been first; then
    /// the memory is counted all the same, and nothing else changes.
    private static let processSettings: Int32 = longhaul_sqlite_leave_memory_uncounted()

    /// Opens the file.
    ///
    /// - Parameter flags: `SQLITE_OPEN_…`, to which `SQLITE_OPEN_NOMUTEX` is added.
    init(path: String, flags: Int32) throws(DatabaseError) {
        _ = Self.processSettings
        var handle: OpaquePointer?
        let code = sqlite3_open_v2(path, &handle, flags | SQLITE_OPEN_NOMUTEX, nil)
        guard code == SQLITE_OK, let handle else {
            let error = DatabaseError(handle)
            sqlite3_close_v2(handle)
            throw error
        }
        sqlite3_extended_result_codes(handle, 1)
        _ = longhaul_sqlite_set_lookaside(handle, 512, 256)
        self.handle = handle
        // A long statement is progress: the watchdog must not take it for a standstill.
        sqlite3_progress_handler(
            handle, Self.progressSteps,
            { _ in
                WorkMeter.tickThread()
                return 0
            }, nil)
    }

    /// Counts the pages of the write-ahead log after each commit, and leaves it to the caller to copy them.
    func countLogPages() {
        sqlite3_wal_hook(
            handle,
            { context, _, _, pages in
                guard let context else { return SQLITE_OK }
                Unmanaged<Connection>.fromOpaque(context).takeUnretainedValue().logPages = Int(pages)
                return SQLITE_OK
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    /// After how many steps of SQLite's machine a statement counts as progressing: some milliseconds of work.
    private static let progressSteps: Int32 = 100_000

    /// Makes the new file at `path`, for what is copied into it.
    convenience init(path: String, creating: Bool) throws(DatabaseError) {
        try self.init(path: path, flags: SQLITE_OPEN_READWRITE | (creating ? SQLITE_OPEN_CREATE : 0))
    }

    deinit {
        close()
    }

    /// Closes the connection, which must not be used any more.
    func close() {
        guard isOpen else { return }
        isOpen = false
        for (_, statement) in statements.values { statement.finalize() }
        statements = [:]
        sqlite3_close_v2(handle)
    }

    /// How many rows the last statement changed.
    var changedRows: Int { Int(sqlite3_changes64(handle)) }

    /// How many rows all statements have changed since the connection was opened.
    var allChangedRows: Int64 { sqlite3_total_changes64(handle) }

    /// Whether a transaction is open. SQLite ends one by itself after some errors.
    var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    /// Runs SQL that is not worth keeping prepared: pragmas and the schema.
    func execute(_ sql: String) throws(DatabaseError) {
        guard sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else {
            throw DatabaseError(handle, sql: sql)
        }
    }

    /// The whole number that a pragma answers with.
    func pragma(_ name: String) throws -> Int64 {
        let statement = try Statement("PRAGMA \(name)", on: handle)
        defer { statement.finalize() }
        return try statement.step() ? statement.int64(0) : 0
    }

    /// The first column of every row that SQL answers with, as text.
    func texts(_ sql: String) throws -> [String] {
        let statement = try Statement(sql, on: handle)
        defer { statement.finalize() }
        var texts: [String] = []
        while try statement.step() { texts.append(statement.text(0)) }
        return texts
    }

    /// Copies the whole database into another connection's file, as it stands at one moment.
    func copy(to target: Connection) throws(DatabaseError) {
        guard let backup = sqlite3_backup_init(target.handle, "main", handle, "main") else {
            throw DatabaseError(target.handle)
        }
        // In one step, which is one read transaction: a writer neither waits for it nor changes what it reads.
        let code = sqlite3_backup_step(backup, -1)
        let end = sqlite3_backup_finish(backup)
        guard code == SQLITE_DONE, end == SQLITE_OK else { throw DatabaseError(target.handle) }
    }

    private func statement(_ query: Query) throws(DatabaseError) -> Statement {
        if let (_, statement) = statements[ObjectIdentifier(query)] { return statement }
        let statement = try Statement(query.sql, on: handle)
        statements[ObjectIdentifier(query)] = (query, statement)
        return statement
    }

    /// Runs a statement that answers no rows.
    func run(_ query: Query, _ values: ColumnValue...) throws(DatabaseError) {
        try run(query, values)
    }

    /// Runs a statement that answers no rows.
    func run(_ query: Query, _ values: [ColumnValue]) throws(DatabaseError) {
        let statement = try statement(query)
        defer { statement.reset() }
        try statement.bind(values)
        while try statement.step() {}
    }

    /// The first row of the answer, as `read` makes it out; nil if there is none.
    func first<Row>(_ query: Query, _ values: ColumnValue..., read: (Statement) throws -> Row) throws -> Row?
    {
        let statement = try statement(query)
        defer { statement.reset() }
        try statement.bind(values)
        return try statement.step() ? try read(statement) : nil
    }

    /// Every row of the answer, as `read` makes it out. `read` must not run the same query.
    func all<Row>(_ query: Query, _ values: ColumnValue..., read: (Statement) throws -> Row) throws -> [Row] {
        var rows: [Row] = []
        try each(query, values) { statement in
            rows.append(try read(statement))
            return true
        }
        return rows
    }

    /// Gives each row to `visit` until it returns false.
    func each(_ query: Query, _ values: [ColumnValue], visit: (Statement) throws -> Bool) throws {
        let statement = try statement(query)
        defer { statement.reset() }
        try statement.bind(values)
        while try statement.step() {
            guard try visit(statement) else { return }
        }
    }
}
