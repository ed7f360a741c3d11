import Glibc
import LonghaulCore

/// Keeps the write-ahead log from growing without bound.
///
/// SQLite copies the log into the database as it grows, but can begin the log anew only at a moment at which
/// no reader looks at it. Where readers come so thick that there is no such moment by itself, the writer waits
/// for one.
struct LogBound {
    /// How many commits pass between two looks.
    private static let stride = 32
    /// How long the writer waits for readers, in milliseconds, and how long it then leaves them alone.
    private static let patience = 50
    private static let pauseSeconds = 0.5

    private let path: String
    private let maxBytes: Int64
    private var commits = 0
    private var restUntil: Timestamp?

    init(databasePath: String, maxBytes: Int64) {
        path = databasePath + "-wal"
        self.maxBytes = maxBytes
    }

    /// To be called after each commit.
    mutating func enforce(_ connection: Connection, at now: Timestamp) {
        commits += 1
        guard commits % Self.stride == 0, restUntil.map({ $0 <= now }) ?? true else { return }
        var facts = stat()
        guard stat(path, &facts) == 0, Int64(facts.st_size) > maxBytes else { return }
        restUntil = now.adding(seconds: Self.pauseSeconds)
        // A reader that stays away from its end for long, such as a backup, is not waited for: the next look is.
        try? connection.execute("PRAGMA busy_timeout = \(Self.patience)")
        try? connection.execute("PRAGMA wal_checkpoint(RESTART)")
        try? connection.execute("PRAGMA busy_timeout = \(StoreOpening.busyMilliseconds)")
    }
}
