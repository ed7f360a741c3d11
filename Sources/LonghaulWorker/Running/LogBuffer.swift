import LonghaulCore
import Synchronization

/// The log lines of one attempt on their way, in order and in batches.
final class LogBuffer: Sendable {
    /// How many lines may wait while they cannot be sent; what comes then pushes out the oldest.
    static let capacity = 10_000

    private struct State {
        var lines: [LogLine] = []
        var isSending = false
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
        let mark = " … (cut)"
        let bytes = message.utf8.prefix(limit - mark.utf8.count)
        // A character cut in two at the end is dropped.
        var text = String(decoding: bytes, as: UTF8.self)
        while text.unicodeScalars.last == "\u{FFFD}" { text.unicodeScalars.removeLast() }
        return text + mark
    }

    func add(_ line: LogLine) {
        state.withLock { state in
            state.lines.append(line)
            if state.lines.count > Self.capacity { state.lines.removeFirst(Self.capacity / 10) }
        }
    }

    var isEmpty: Bool { state.withLock { $0.lines.isEmpty } }

    /// Whether no line waits, and none is on its way.
    var isDrained: Bool { state.withLock { $0.lines.isEmpty && !$0.isSending } }

    /// Sends what waits. Lines that cannot be sent now wait on; those of a lost lease are dropped.
    ///
    /// - Returns: whether nothing waits any more.
    @discardableResult
    func flush() async -> Bool {
        guard let lines = take() else { return isEmpty }
        do {
            try await gateway.appendLogs(token, lines)
            state.withLock { $0.isSending = false }
            return isEmpty
        } catch {
            let isLost = (error as? LonghaulError).map { !$0.isTransient } ?? false
            state.withLock { state in
                if !isLost { state.lines.insert(contentsOf: lines, at: 0) }
                state.isSending = false
            }
            return isLost
        }
    }

    /// Sends everything, before the attempt is reported. Tries a few times and then lets it be: a job does
    /// not fail for its log.
    func drain() async {
        for attempt in 0..<20 where !isDrained {
            if await flush() { continue }
            try? await Task.sleep(for: .milliseconds(10 * attempt))
        }
    }

    private func take() -> [LogLine]? {
        state.withLock { state in
            guard !state.isSending, !state.lines.isEmpty else { return nil }
            state.isSending = true
            let batch = Array(state.lines.prefix(LogBatch.maxCount))
            state.lines.removeFirst(batch.count)
            return batch
        }
    }
}
