import LonghaulCore
import Synchronization

/// The log lines of one attempt on their way, in order and in batches.
final class LogBuffer: Sendable {
    /// How many lines may wait while they cannot be sent; what comes then pushes out the oldest.
    static let capacity = 10_000
    /// The longest batch, in bytes of text. The escapes of JSON make it at most six times as long on the wire.
    private static let batchBytes = 512 << 10

    private struct State {
        var lines: [LogLine] = []
        var isSending = false
        /// How many lines were lost since the last batch that arrived, and why.
        var lost = 0
        var reason = ""
    }

    private let state = Mutex(State())
    private let token: LeaseToken
    private let gateway: any WorkerGateway

    init(token: LeaseToken, gateway: any WorkerGateway) {
        self.token = token
        self.gateway = gateway
    }

    /// A message short enough for a line, with a mark if it was cut.
    static func cut(_ message: String) -> String {
        let limit = LogBatch.maxLineBytes
        guard message.utf8.count > limit else { return message }
        let bytes = message.utf8.prefix(limit - ReportText.mark.utf8.count)
        // A character cut in two at the end is dropped.
        var text = String(decoding: bytes, as: UTF8.self)
        while text.unicodeScalars.last == "\u{FFFD}" { text.unicodeScalars.removeLast() }
        return text + ReportText.mark
    }

    func add(_ line: LogLine) {
        state.withLock { state in
            state.lines.append(line)
            guard state.lines.count > Self.capacity else { return }
            state.lines.removeFirst(Self.capacity / 10)
            state.lost += Self.capacity / 10
            state.reason = "they could not be sent in time"
        }
    }

    var isEmpty: Bool { state.withLock { $0.lines.isEmpty } }

    /// Whether no line waits, and none is on its way.
    var isDrained: Bool { state.withLock { $0.lines.isEmpty && !$0.isSending } }

    /// Sends what waits. Lines that cannot be sent now wait on; those of a lost lease are dropped. Lines that the
    /// server refuses are dropped too, and the log says how many.
    ///
    /// - Returns: whether a batch was sent or dropped; false if the lines wait on, or another batch is on its way.
    @discardableResult
    func flush() async -> Bool {
        guard let batch = take() else { return false }
        do {
            try await gateway.appendLogs(token, batch.marked)
            state.withLock { $0.isSending = false }
            return true
        } catch {
            return end(batch, with: (error as? LonghaulError) ?? LonghaulError(.internal, "\(error)"))
        }
    }

    private func end(_ batch: Batch, with error: LonghaulError) -> Bool {
        state.withLock { state in
            state.isSending = false
            state.lost += batch.lost
            if state.reason.isEmpty { state.reason = batch.reason }
            if error.code == .leaseLost { return true }
            if error.isTransient {
                state.lines.insert(contentsOf: batch.lines, at: 0)
                return false
            }
            state.lost += batch.lines.count
            state.reason = ReportText.bounded(error.detail, to: 500)
            return true
        }
    }

    /// Sends everything, before the attempt is reported. Tries a few times and then lets it be: a job does
    /// not fail for its log.
    func drain() async {
        var failures = 0
        while !isDrained, failures < 20 {
            if await flush() { continue }
            try? await Task.sleep(for: .milliseconds(10 * failures))
            failures += 1
        }
    }

    private struct Batch {
        var lines: [LogLine]
        var lost: Int
        var reason: String

        /// The lines, after one that says how many are missing before them.
        var marked: [LogLine] {
            guard lost > 0, let first = lines.first else { return lines }
            let subject = lost == 1 ? "1 line of the log was" : "\(lost) lines of the log were"
            let message = "\(subject) lost here: \(reason)"
            return [LogLine(at: first.at, level: .warning, message: message)] + lines
        }
    }

    private func take() -> Batch? {
        state.withLock { state in
            guard !state.isSending, !state.lines.isEmpty else { return nil }
            state.isSending = true
            var bytes = 0
            // One line less than a batch may have, for the mark.
            let lines = Array(
                state.lines.prefix(LogBatch.maxCount - 1).prefix { line in
                    defer { bytes += line.message.utf8.count }
                    return bytes < Self.batchBytes
                })
            state.lines.removeFirst(lines.count)
            defer {
                state.lost = 0
                state.reason = ""
            }
            return Batch(lines: lines, lost: state.lost, reason: state.reason)
        }
    }
}
