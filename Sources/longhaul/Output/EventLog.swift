import Dispatch
import LonghaulCore

/// What a server or a worker tells of itself: a line each with its time, on standard error.
///
/// Lines are written on a queue of their own, so that a reader who stalls holds nobody up.
enum EventLog {
    private static let queue = DispatchQueue(label: "longhaul.log")

    /// Tells something.
    static func tell(_ text: String) {
        let line = "\(SystemTime().now()) \(text.printable)"
        queue.async { Console.note(line) }
    }

    /// Waits until all that was told is written.
    static func flush() async {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume() }
        }
    }
}
