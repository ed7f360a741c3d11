import CSQLite
import LonghaulCore

/// Opens connections to the file of a store.
struct StoreOpening {
    /// How long a connection waits for a lock, in milliseconds.
    static let busyMilliseconds = 5000

    let path: String
    let options: SQLiteStoreOptions
    /// The SQLite VFS that holds the file; nil for the file system.
    var vfs: String?

    /// Opens the writing connection: creates the database if the file is empty, and migrates the schema.
    func writer() throws -> Connection {
        let connection = try Connection(
            path: path, flags: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, vfs: vfs)
        // If the opening fails, the log may not be durable. Its copy in the database would survive a power failure, the log
        // itself only in part, and the two would not fit together.
        connection.leaveLogAtClose()
        try connection.execute("PRAGMA busy_timeout = \(Self.busyMilliseconds)")
        if try connection.pragma("page_count") == 0 { try create(connection) }
        try connection.execute(
            """
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = FULL;
            PRAGMA foreign_keys = OFF;
            PRAGMA temp_store = MEMORY;
            PRAGMA journal_size_limit = \(options.maxLogBytes / 3 * 2);
            PRAGMA cache_size = -\(options.writerCacheBytes >> 10);
            """)
        try connection.rewriteLog()
        connection.leaveLogAtClose(false)
        connection.countLogPages()
        if let maxPages = options.maxPages { try connection.execute("PRAGMA max_page_count = \(maxPages)") }
        try Migrator.migrate(connection, path: path)
        // A transaction writes to the log only at its commit. If it wrote pages earlier, and a savepoint is rolled back,
        // SQLite 3.40 (Debian 12) can leave frames without checksums in the log. The commit succeeds, but it and all
        // later ones are gone when the log is read again.
        try connection.execute("PRAGMA cache_spill = OFF")
        return connection
    }

    /// Creates the database before WAL mode is set, so that the file itself holds the mark from the beginning.
    private func create(_ connection: Connection) throws {
        // In one transaction: without the mark, the next process would refuse the file. Deferred, because the first write
        // fixes the settings of the file.
        try connection.execute(
            """
            PRAGMA page_size = 4096;
            BEGIN;
            PRAGMA auto_vacuum = INCREMENTAL;
            PRAGMA application_id = \(Migrator.applicationID);
            COMMIT;
            """)
    }

    /// Opens a connection that copies the write-ahead log into the database.
    func checkpointer() throws -> Connection {
        let connection = try Connection(path: path, flags: SQLITE_OPEN_READWRITE, vfs: vfs)
        connection.leaveLogAtClose()
        try connection.execute("PRAGMA synchronous = FULL")
        return connection
    }

    /// Opens a connection that only reads.
    func reader() throws -> Connection {
        let connection = try Connection(path: path, flags: SQLITE_OPEN_READWRITE, vfs: vfs)
        connection.leaveLogAtClose()
        try connection.execute(
            """
            PRAGMA busy_timeout = \(Self.busyMilliseconds);
            PRAGMA query_only = ON;
            PRAGMA temp_store = MEMORY;
            PRAGMA cache_size = -\(options.readerCacheBytes >> 10);
            """)
        return connection
    }
}
