import LonghaulConcurrency
import LonghaulCore
import LonghaulJSON
import Synchronization

/// The format of the log of a server or worker.
enum LogFormat: String, Sendable, CaseIterable, CustomStringConvertible {
    /// A line of text, for people.
    case text
    /// One JSON object per line, for programs.
    case json

    var description: String { rawValue }
}

extension ValueReader where Value == LogFormat {
    /// `text` or `json`.
    static let logFormat = ValueReader(shape: .text) { text throws(BadValue) in
        guard let format = LogFormat(rawValue: text) else {
            throw BadValue(expected: "text or json", got: text)
        }
        return format
    }
}

/// The log of a server or worker on standard error. Each line has its time.
///
/// A separate thread writes the lines, so that a slow reader does not block the caller.
enum EventLog {
    private enum Entry {
        case line(String)
        case flush(Event<Void>)
    }

    /// The inbox of the writing thread, which starts with the first line; nil if the system has no thread left.
    private static let entries: Inbox<Entry>? = {
        let entries = Inbox<Entry>()
        let isStarted = BlockingThread.start("lh-log") {
            while let entry = entries.take() {
                switch entry {
                case .line(let line): Console.note(line)
                case .flush(let event): event.fire()
                }
            }
        }
        return isStarted ? entries : nil
    }()
    private static let format = Mutex(LogFormat.text)

    /// Sets the format of the following lines.
    static func use(_ chosen: LogFormat) {
        format.withLock { $0 = chosen }
    }

    /// Logs an event.
    static func log(_ note: Note) {
        let line = line(note, at: SystemTime().now())
        if let entries { entries.put(.line(line)) } else { Console.note(line) }
    }

    private static func line(_ note: Note, at now: Timestamp) -> String {
        switch format.withLock({ $0 }) {
        case .text: text(note, at: now)
        case .json: json(note, at: now)
        }
    }

    /// Logs an event on the calling thread, for a process that is about to be killed: the thread may hang.
    static func logSynchronously(_ note: Note) {
        Console.note(line(note, at: SystemTime().now()))
    }

    /// Waits until all lines are written.
    static func flush() async {
        guard let entries else { return }
        let written = Event<Void>()
        entries.put(.flush(written))
        await written.wait()
    }

    private static func fields(of note: Note) -> [(name: String, value: String)] {
        [
            ("job", note.jobID?.description), ("attempt", note.attempt.map { "\($0)" }),
            ("worker", note.worker), ("trace", note.trace?.traceID.description),
            ("request", note.requestID),
        ].compactMap { name, value in value.map { (name, $0) } }
    }

    private static func text(_ note: Note, at now: Timestamp) -> String {
        let mark = note.level == .warning || note.level == .error ? "\(note.level.rawValue): " : ""
        let fields = fields(of: note).map { " \($0.name)=\($0.value)" }.joined()
        return "\(now) \(mark)\(note.message)\(fields)".printable
    }

    private static func json(_ note: Note, at now: Timestamp) -> String {
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("at", now.description)
            writer.field("level", note.level.rawValue)
            writer.field("message", note.message)
            writer.field("job_id", note.jobID?.description)
            writer.field("attempt", note.attempt)
            writer.field("worker", note.worker)
            writer.field("trace_id", note.trace?.traceID.description)
            writer.field("request_id", note.requestID)
        }
        return writer.text.description
    }
}
