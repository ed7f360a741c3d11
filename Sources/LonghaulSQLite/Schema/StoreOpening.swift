import CSQLite
import LonghaulCore

/// Opens connections to the file of a store.
struct StoreOpening {
    /// How long a connection waits for a lock, in milliseconds.
    static let busyMilliseconds = 5000

    let path: String
    let options: SQLiteStoreOptions

    /// Opens the writing connection: creates a new file, and migrates the schema.
    func writer(isNew: Bool) throws -> Connection {
        let connection = try Connection(path: path, flags: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
        try connection.execute("PRAGMA busy_timeout = \(Self.busyMilliseconds)")
        if isNew {
            // Before WAL mode, so that the file itself holds the mark from the beginning.
            try connection.execute("PRAGMA page_size = 4096")
            // Only possible before the first table: makes incremental vacuum available.
            try connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
            try connection.execute("PRAGMA application_id = \(Migrator.applicationID)")
        }
        try connection.execute(
            """
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = FULL;
            PRAGMA foreign_keys = OFF;
            PRAGMA temp_store = MEMORY;
            PRAGMA journal_size_limit = \(options.maxLogBytes / 3 * 2);
            PRAGMA cache_size = -\(options.writerCacheBytes >> 10);
            """)
        connection.countLogPages()
        if let maxPages = options.maxPages { try connection.execute("PRAGMA max_page_count = \(maxPages)") }
        try Migrator.migrate(connection, path: path)
        return connection
    }

    /// Opens a connection that copies the write-ahead log into the database.
    func checkpointer() throws -> Connection {
        let connection = try Connection(path: path, flags: SQLITE_OPEN_READWRITE)
        try connection.execute("PRAGMA synchronous = FULL")
        return connection
    }

    /// Opens a connection that only reads.
    func reader() throws -> Connection {
        let connection = try Connection(path: path, flags: SQLITE_OPEN_READWRITE)
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
