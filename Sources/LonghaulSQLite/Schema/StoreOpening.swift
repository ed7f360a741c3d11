import CSQLite
import LonghaulCore

/// How connections to a store's file are opened.
struct StoreOpening {
    let path: String
    let options: SQLiteStoreOptions

    /// Opens the connection that writes: makes the file if it is new, and brings its schema up to date.
    func writer(isNew: Bool) throws -> Connection {
        let connection = try Connection(path: path, flags: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
        try connection.execute("PRAGMA busy_timeout = 5000")
        if isNew {
            // Before WAL, so that the mark stands in the file itself from its first moment.
            try connection.execute("PRAGMA page_size = 4096")
            try connection.execute("PRAGMA application_id = \(Migrator.applicationID)")
        }
        try connection.execute(
            """
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = FULL;
            PRAGMA foreign_keys = OFF;
            PRAGMA temp_store = MEMORY;
            PRAGMA wal_autocheckpoint = 4000;
            PRAGMA journal_size_limit = 67108864;
            PRAGMA cache_size = -\(options.writerCacheBytes >> 10);
            """)
        if let maxPages = options.maxPages { try connection.execute("PRAGMA max_page_count = \(maxPages)") }
        try Migrator.migrate(connection, path: path)
        return connection
    }

    /// Opens a connection that only reads.
    func reader() throws -> Connection {
        let connection = try Connection(path: path, flags: SQLITE_OPEN_READWRITE)
        try connection.execute(
            """
            PRAGMA busy_timeout = 5000;
            PRAGMA query_only = ON;
            PRAGMA temp_store = MEMORY;
            PRAGMA cache_size = -\(options.readerCacheBytes >> 10);
            """)
        return connection
    }
}
