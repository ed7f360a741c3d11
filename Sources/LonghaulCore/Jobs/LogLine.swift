/// A log line that a worker wrote while it ran a job.
public struct LogLine: Sendable, Hashable {
    /// The severity of a line.
    public enum Level: String, Sendable, Hashable, CaseIterable {
        /// Details for developers.
        case debug
        /// A normal event.
        case info
        /// A possible problem.
        case warning
        /// A failure.
        case error
    }

    /// When the worker wrote it, by the worker's clock.
    public var at: Timestamp
    /// The severity.
    public var level: Level
    /// The text, without a line break at its end.
    public var message: String

    /// A line with this text.
    public init(at: Timestamp, level: Level = .info, message: String) {
        self.at = at
        self.level = level
        self.message = message
    }
}

/// A log line in the store, with its number and its attempt.
public struct StoredLogLine: Sendable, Hashable {
    /// Its number in the job's log, starting at 1.
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
