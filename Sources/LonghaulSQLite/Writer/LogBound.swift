import LonghaulCore

/// Bounds the length of the write-ahead log.
///
/// SQLite can restart the log only at a moment without readers. If reads follow each other so closely that there is
/// no such moment, the writer waits for one.
struct LogBound {
    /// The number of commits between two checks.
    private static let stride = 32
    /// The time that the writer waits for readers, in milliseconds, and the pause until it may wait again.
    private static let readerTimeout = 50
    private static let pauseSeconds = 0.5

    private let maxBytes: Int64
    private var commits = 0
    private var restUntil: Timestamp?

    init(maxBytes: Int64) {
        self.maxBytes = maxBytes
    }

    /// Checks the length. Called after each commit.
    mutating func enforce(_ connection: Connection, at now: Timestamp) {
        commits += 1
        guard commits % Self.stride == 0, restUntil.map({ $0 <= now }) ?? true else { return }
        guard let size = connection.logBytes, size > maxBytes else { return }
        restUntil = now.adding(seconds: Self.pauseSeconds)
        // A long read, such as a backup, exceeds the timeout: the next check tries again.
        try? connection.execute("PRAGMA busy_timeout = \(Self.readerTimeout)")
        try? connection.execute("PRAGMA wal_checkpoint(RESTART)")
        try? connection.execute("PRAGMA busy_timeout = \(StoreOpening.busyMilliseconds)")
    }
}
