import CSQLite
import LonghaulConcurrency
import LonghaulStore

/// A connection to the database, with its statements kept prepared.
///
/// SQLite's own locking is off: only the thread that owns the connection uses it.
final class Connection {
    private let handle: OpaquePointer
    /// Each with its query, which must live as long: a new query could get the identity of a released one.
    private var statements: [ObjectIdentifier: (query: Query, statement: Statement)] = [:]
    private var isOpen = true
    /// The length of the write-ahead log after this connection's latest commit, in pages.
    private(set) var logPages = 0

    /// Set once, before the first connection. It has no effect if other code in the process used SQLite before.
    private static let processSettings: Int32 = longhaul_sqlite_leave_memory_uncounted()

    /// Opens the file.
    ///
    /// - Parameters:
    ///   - flags: `SQLITE_OPEN_…`, to which `SQLITE_OPEN_NOMUTEX` is added.
    ///   - vfs: the name of the SQLite VFS that holds the file; nil for the file system.
    init(path: String, flags: Int32, vfs: String? = nil) throws(DatabaseError) {
        _ = Self.processSettings
        var handle: OpaquePointer?
        let code = sqlite3_open_v2(path, &handle, flags | SQLITE_OPEN_NOMUTEX, vfs)
        guard code == SQLITE_OK, let handle else {
            let error = DatabaseError(handle)
            sqlite3_close_v2(handle)
            throw error
        }
        sqlite3_extended_result_codes(handle, 1)
        _ = longhaul_sqlite_set_lookaside(handle, 512, 256)
        self.handle = handle
        // A long statement is progress, so the watchdog must not report it.
        sqlite3_progress_handler(
            handle, Self.progressSteps,
            { _ in
                WorkMeter.tickThread()
                return 0
            }, nil)
    }

    /// Records the length of the write-ahead log after each commit. The caller runs the checkpoints.
    func countLogPages() {
        sqlite3_wal_hook(
            handle,
            { context, _, _, pages in
                guard let context else { return SQLITE_OK }
                Unmanaged<Connection>.fromOpaque(context).takeUnretainedValue().logPages = Int(pages)
                return SQLITE_OK
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    /// The size of the write-ahead log, in bytes; nil if it is not open.
    var logBytes: Int64? {
        let size = longhaul_sqlite_log_size(handle)
        return size < 0 ? nil : size
    }

    /// Leaves the log as it is when the connection closes as the last one of the file.
    ///
    /// Otherwise SQLite copies the log into the database and deletes it. That is safe only if the log is durable; see
    /// ``rewriteLog()``.
    func leaveLogAtClose(_ leaves: Bool = true) {
        _ = longhaul_sqlite_leave_log_at_close(handle, leaves ? 1 : 0)
    }

    /// Writes the log that an earlier process left again, and syncs it.
    ///
    /// After a failed sync, the system can hold a part of the log in its cache that no later sync stores. This process reads
    /// that part as committed, and appends to it. Without the copy, a power failure would cut the log there.
    func rewriteLog() throws {
        // Opens the log.
        _ = try pragma("user_version")
        let code = longhaul_sqlite_rewrite_log(handle)
        guard code == SQLITE_OK else { throw DatabaseError(code: code) }
    }

    /// The number of virtual-machine steps after which a statement reports progress: some milliseconds of work.
    private static let progressSteps: Int32 = 100_000

    /// Creates the file at `path`, the target of a copy.
    convenience init(path: String, creating: Bool) throws(DatabaseError) {
        try self.init(path: path, flags: SQLITE_OPEN_READWRITE | (creating ? SQLITE_OPEN_CREATE : 0))
    }

    deinit {
        close()
    }

    /// Closes the connection. No further use is allowed.
    func close() {
        guard isOpen else { return }
        isOpen = false
        for (_, statement) in statements.values { statement.finalize() }
        statements = [:]
        sqlite3_close_v2(handle)
    }

    /// The number of rows that the last statement changed.
    var changedRows: Int { Int(sqlite3_changes64(handle)) }

    /// The number of rows changed since the connection was opened.
    var allChangedRows: Int64 { sqlite3_total_changes64(handle) }

    /// Whether a transaction is open. SQLite rolls back by itself after some errors.
    var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    /// Runs SQL without preparing it for reuse: pragmas and the schema.
    func execute(_ sql: String) throws(DatabaseError) {
        guard sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else {
            throw DatabaseError(handle, sql: sql)
        }
    }

    /// The integer value of a pragma.
    func pragma(_ name: String) throws -> Int64 {
        let statement = try Statement("PRAGMA \(name)", on: handle)
        defer { statement.finalize() }
        return try statement.step() ? statement.int64(0) : 0
    }

    /// The first column of each row of a result, as text.
    func texts(_ sql: String) throws -> [String] {
        let statement = try Statement(sql, on: handle)
        defer { statement.finalize() }
        var texts: [String] = []
        while try statement.step() { texts.append(statement.text(0)) }
        return texts
    }

    /// Copies a snapshot of the whole database into another connection's file.
    func copy(to target: Connection) throws(DatabaseError) {
        guard let backup = sqlite3_backup_init(target.handle, "main", handle, "main") else {
            throw DatabaseError(target.handle)
        }
        // One step is one read transaction: it does not block the writer and sees none of its changes.
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

    /// Runs a statement without a result.
    func run(_ query: Query, _ values: ColumnValue...) throws(DatabaseError) {
        try run(query, values)
    }

    /// Runs a statement without a result.
    func run(_ query: Query, _ values: [ColumnValue]) throws(DatabaseError) {
        try run(query) { (statement) throws(DatabaseError) in try statement.bind(values) }
    }

    /// Runs a statement without a result, whose parameters `bind` sets.
    func run(_ query: Query, bind: (Statement) throws(DatabaseError) -> Void) throws(DatabaseError) {
        let statement = try statement(query)
        defer { statement.reset() }
        try bind(statement)
        while try statement.step() {}
    }

    /// The first row of a result, decoded by `read`; nil if there is none.
    func first<Row>(_ query: Query, _ values: ColumnValue..., read: (Statement) throws -> Row) throws -> Row?
    {
        let statement = try statement(query)
        defer { statement.reset() }
        try statement.bind(values)
        return try statement.step() ? try read(statement) : nil
    }

    /// All rows of a result, decoded by `read`, which must not run the same query.
    func all<Row>(_ query: Query, _ values: ColumnValue..., read: (Statement) throws -> Row) throws -> [Row] {
        var rows: [Row] = []
        try each(query, values) { statement in
            rows.append(try read(statement))
            return true
        }
        return rows
    }

    /// Passes each row to `visit` until it returns false.
    func each(_ query: Query, _ values: [ColumnValue], visit: (Statement) throws -> Bool) throws {
        let statement = try statement(query)
        defer { statement.reset() }
        try statement.bind(values)
        while try statement.step() {
            guard try visit(statement) else { return }
        }
    }
}
