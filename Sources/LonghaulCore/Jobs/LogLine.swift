/// A line that a worker logged while it ran a job.
public struct LogLine: Sendable, Hashable {
    /// How grave the line is.
    public enum Level: String, Sendable, Hashable, CaseIterable {
        /// For developers.
        case debug
        /// The ordinary.
        case info
        /// Something to look at.
        case warning
        /// Something failed.
        case error
    }

    /// When the worker logged it, by the worker's clock.
    public var at: Timestamp
    /// How grave it is.
    public var level: Level
    /// The text, without its line end.
    public var message: String

    /// A line of this text.
    public init(at: Timestamp, level: Level = .info, message: String) {
        self.at = at
        self.level = level
        self.message = message
    }
}

/// A log line as the store keeps it: with its place in the job's log and the attempt that wrote it.
public struct StoredLogLine: Sendable, Hashable {
    /// Its number in the job's log, rising from 1.
    public var number: Int64
    /// The attempt that wrote it.
    public var attempt: Int
    /// The line.
    public var line: LogLine

    /// A stored line.
    public init(number: Int64, attempt: Int, line: LogLine) {
        self.number = number
        self.attempt = attempt
        self.line = line
    }
}
