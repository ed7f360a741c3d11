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

    /// Options; the defaults suit a server of its own.
    public init(
        readers: Int = 3, writerCacheBytes: Int = 32 << 20, readerCacheBytes: Int = 4 << 20,
        maxPages: Int? = nil
    ) {
        self.readers = readers
        self.writerCacheBytes = writerCacheBytes
        self.readerCacheBytes = readerCacheBytes
        self.maxPages = maxPages
    }
}
