public import LonghaulCore

/// How an SQLite store is opened.
public struct SQLiteStoreOptions: Sendable, Hashable {
    /// The number of threads that read.
    public var readers: Int
    /// The size of the writer's page cache, in bytes.
    public var writerCacheBytes: Int
    /// The size of each reader's page cache, in bytes.
    public var readerCacheBytes: Int
    /// The maximum number of pages of 4,096 bytes in the file. Writes beyond it throw `unavailable`. Nil for SQLite's
    /// own maximum.
    public var maxPages: Int?
    /// The length of the write-ahead log, in bytes, from which the writer waits for readers so that the log can
    /// restart.
    public var maxLogBytes: Int64
    /// The retention of ended jobs that set none of their own.
    public var retention: Retention

    /// Whether a store that does not exist is created. If not, opening it throws `unavailable`.
    public var createsStore = true

    /// The options. The defaults suit a dedicated server.
    public init(
        readers: Int = 3, writerCacheBytes: Int = 32 << 20, readerCacheBytes: Int = 4 << 20,
        maxPages: Int? = nil, maxLogBytes: Int64 = 96 << 20, retention: Retention = Retention()
    ) {
        self.readers = readers
        self.writerCacheBytes = writerCacheBytes
        self.readerCacheBytes = readerCacheBytes
        self.maxPages = maxPages
        self.maxLogBytes = maxLogBytes
        self.retention = retention
    }
}
