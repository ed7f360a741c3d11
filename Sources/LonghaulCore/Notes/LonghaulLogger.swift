import LonghaulPlatform

/// Receives the log messages of a worker.
///
/// The messages go to standard error unless the program sets another logger, such as an adapter to the logging package that
/// it uses:
///
/// ```swift
/// struct PrintLogger: LonghaulLogger {
///     func log(_ note: Note) { print(note.level, note.message, note.metadata) }
/// }
/// ```
public protocol LonghaulLogger: Sendable {
    /// Writes a message. Any thread may call it.
    func log(_ note: Note)
}

/// Writes each message as a line to standard error.
public struct StandardErrorLogger: LonghaulLogger {
    /// The lowest level that is written.
    public var minimumLevel: LogLine.Level

    /// A logger of messages of this level and above.
    public init(minimumLevel: LogLine.Level = .info) {
        self.minimumLevel = minimumLevel
    }

    /// Writes a message, unless its level is too low.
    public func log(_ note: Note) {
        guard note.level.severity >= minimumLevel.severity else { return }
        let line = Self.line(note)
        // One call for each line: lines of several threads do not mix.
        _ = line.utf8CString.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count - 1) }
    }

    static func line(_ note: Note) -> String {
        let metadata = note.metadata.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        return "\(note.level.rawValue): \(note.message)\(metadata)\n"
    }
}

extension Note {
    /// What the message is about, by name: `job_id`, `attempt`, `worker`, `trace_id`, `request_id`.
    public var metadata: [String: String] {
        var fields: [String: String] = [:]
        fields["job_id"] = jobID?.description
        fields["attempt"] = attempt.map { "\($0)" }
        fields["worker"] = worker
        fields["trace_id"] = trace?.traceID.description
        fields["request_id"] = requestID
        return fields
    }
}

extension LogLine.Level {
    fileprivate var severity: Int {
        switch self {
        case .debug: 0
        case .info: 1
        case .warning: 2
        case .error: 3
        }
    }
}
