import Dispatch
import LonghaulCore
import LonghaulJSON
import Synchronization

/// How a server or a worker writes what it tells of itself.
enum LogFormat: String, Sendable, CaseIterable, CustomStringConvertible {
    /// A line of text, for people.
    case text
    /// A JSON object a line, for programs.
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

/// What a server or a worker tells of itself: a line each with its time, on standard error.
///
/// Lines are written on a queue of their own, so that a reader who stalls holds nobody up.
enum EventLog {
    private static let queue = DispatchQueue(label: "longhaul.log")
    private static let format = Mutex(LogFormat.text)

    /// Sets how lines are written from now on.
    static func use(_ chosen: LogFormat) {
        format.withLock { $0 = chosen }
    }

    /// Tells something.
    static func tell(_ note: Note) {
        let line = line(note, at: SystemTime().now())
        queue.async { Console.note(line) }
    }

    private static func line(_ note: Note, at now: Timestamp) -> String {
        switch format.withLock({ $0 }) {
        case .text: text(note, at: now)
        case .json: json(note, at: now)
        }
    }

    /// Writes something on the calling thread, before the process ends by force: the queue may stand still.
    static func writeAtOnce(_ note: Note) {
        Console.note(line(note, at: SystemTime().now()))
    }

    /// Waits until all that was told is written.
    static func flush() async {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume() }
        }
    }

    private static func facts(of note: Note) -> [(name: String, value: String)] {
        [
            ("job", note.jobID?.description), ("attempt", note.attempt.map { "\($0)" }),
            ("worker", note.worker), ("trace", note.trace?.traceID.description),
            ("request", note.requestID),
        ].compactMap { name, value in value.map { (name, $0) } }
    }

    private static func text(_ note: Note, at now: Timestamp) -> String {
        let mark = note.level == .warning || note.level == .error ? "\(note.level.rawValue): " : ""
        let facts = facts(of: note).map { " \($0.name)=\($0.value)" }.joined()
        return "\(now) \(mark)\(note.message)\(facts)".printable
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
