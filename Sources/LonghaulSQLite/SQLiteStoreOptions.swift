public import LonghaulCore

/// How an SQLite store is opened.
public struct SQLiteStoreOptions: Sendable, Hashable {
    /// How many threads read at once.
    public var readers: Int
    /// How much of the database the writer keeps in memory, in bytes.
    public var writerCacheBytes: Int
    /// How much of it each reader keeps in memory, in bytes.
    public var readerCacheBytes: Int
    /// The most pages of 4,096 bytes that the file may have: beyond, writes are refused as `unavailable`.
    /// Nil for SQLite's own bound.
    public var maxPages: Int?
    /// How long the write-ahead log may become before the writer waits a moment for the readers, in bytes.
    public var maxLogBytes: Int64
    /// How long ended jobs are kept that did not say so themselves.
    public var retention: Retention

    /// Options; the defaults suit a server of its own.
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
