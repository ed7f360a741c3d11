import LonghaulConcurrency
import LonghaulCore
import Synchronization

/// Sends the log lines of one attempt to the server, in order and in batches.
final class LogBuffer: Sendable {
    /// The maximum number of buffered lines. A new line beyond it removes the oldest ones.
    static let capacity = 10_000
    /// The maximum size of a batch, in bytes of text. JSON escapes make the request at most six times as long.
    private static let batchBytes = 512 << 10

    private struct State {
        var lines: [LogLine] = []
        var isSending = false
        /// When the next batch is due; nil if there are no lines.
        var flushAt: ContinuousClock.Instant?
        /// The lines lost since the last batch that the server accepted; nil if there are none.
        var loss: Loss?
        /// The number of lost lines whose loss report the server refused.
        var unreported = 0
    }

    /// Lines that are missing in the log.
    private struct Loss {
        var count: Int
        var reason: String
        /// The time of the first of them.
        let at: Timestamp

        /// The line that reports the loss in the log.
        var mark: LogLine {
            let subject = count == 1 ? "1 line of the log was" : "\(count) lines of the log were"
            return LogLine(at: at, level: .warning, message: "\(subject) lost here: \(reason)")
        }

        /// Combines two losses. The reason is that of the later one.
        static func sum(_ earlier: Loss?, _ later: Loss?) -> Loss? {
            guard let earlier, let later else { return earlier ?? later }
            return Loss(count: earlier.count + later.count, reason: later.reason, at: earlier.at)
        }
    }

    private let state = Mutex(State())
    private let token: LeaseToken
    private let gateway: any WorkerGateway
    private let alarm: Alarm

    /// The time from the first line of a batch to its sending.
    private static let batchInterval = Duration.milliseconds(100)

    /// - Parameter alarm: wakes the worker when a batch is due.
    init(token: LeaseToken, gateway: any WorkerGateway, alarm: Alarm) {
        self.alarm = alarm
        self.token = token
        self.gateway = gateway
    }

    /// Truncates a message to the maximum length of a line, and marks the truncation.
    static func cut(_ message: String) -> String {
        let limit = FieldBounds.logLineLength.upperBound
        guard message.utf8.count > limit else { return message }
        let bytes = message.utf8.prefix(limit - ReportText.mark.utf8.count)
        // Removes a character that the cut made incomplete.
        var text = String(decoding: bytes, as: UTF8.self)
        while text.unicodeScalars.last == "\u{FFFD}" { text.unicodeScalars.removeLast() }
        return text + ReportText.mark
    }

    func add(_ line: LogLine) {
        let isFirst = state.withLock { state in
            state.lines.append(line)
            guard state.lines.count > Self.capacity else { return state.lines.count == 1 }
            let loss = Loss(
                count: Self.capacity / 10, reason: "they could not be sent in time", at: state.lines[0].at)
            state.lines.removeFirst(loss.count)
            state.loss = .sum(state.loss, loss)
            return false
        }
        if isFirst { planBatch() }
    }

    /// When the worker must call ``flush()``; nil if there are no lines, or a batch is in flight.
    var flushAt: ContinuousClock.Instant? { state.withLock { $0.isSending ? nil : $0.flushAt } }

    /// Plans the next batch, unless there are no lines or the batch in flight plans it at its end.
    private func planBatch() {
        let moment = alarm.clock.now + Self.batchInterval
        let isPlanned = state.withLock { state in
            if state.isSending || state.lines.isEmpty { return false }
            state.flushAt = moment
            return true
        }
        if isPlanned { alarm.plan(moment) }
    }

    /// Whether the buffer is empty, no batch is in flight, and every loss is reported.
    var isDrained: Bool { state.withLock { $0.lines.isEmpty && $0.loss == nil && !$0.isSending } }

    /// Sends the first batch of lines. After a transient error the lines stay buffered. Lines of a lost lease are
    /// dropped. Lines that the server refuses are dropped as well, and a line of the log reports their number.
    ///
    /// - Returns: whether a batch was sent or dropped; false if the lines stay, or another batch is in flight.
    @discardableResult
    func flush() async -> Bool {
        guard let batch = take() else { return false }
        defer { planBatch() }
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
            if error.code == .leaseLost { return true }
            if error.isTransient {
                state.lines.insert(contentsOf: batch.lines, at: 0)
                state.loss = .sum(batch.loss, state.loss)
                return false
            }
            // A refused report of a loss is dropped: a second one would be refused as well.
            guard let first = batch.lines.first else {
                state.unreported += batch.loss?.count ?? 0
                return true
            }
            let refused = Loss(
                count: batch.lines.count, reason: ReportText.bounded(error.detail, to: 500), at: first.at)
            state.loss = .sum(.sum(batch.loss, refused), state.loss)
            return true
        }
    }

    /// Sends all lines before the attempt is reported. Stops after 20 failures: a job does not fail because of its log.
    func drain() async {
        var failures = 0
        var backoff = ExponentialBackoff(initialSeconds: 0.01, maxSeconds: 0.1, jitter: 0)
        while !isDrained, failures < 20 {
            if await flush() { continue }
            try? await alarm.clock.sleep(for: .seconds(backoff.next()))
            failures += 1
        }
    }

    /// After ``drain()``: a message for the worker's own log about lost lines that the job's log does not report; nil if
    /// there are none.
    var unsentProblem: String? {
        let count = state.withLock { $0.lines.count + ($0.loss?.count ?? 0) + $0.unreported }
        return switch count {
        case 0: nil
        case 1: "1 line of the log is lost: the server did not accept it"
        default: "\(count) lines of the log are lost: the server did not accept them"
        }
    }

    private struct Batch {
        var lines: [LogLine]
        var loss: Loss?

        /// The lines, preceded by the report of a loss before them.
        var marked: [LogLine] { (loss.map { [$0.mark] } ?? []) + lines }
    }

    private func take() -> Batch? {
        state.withLock { state in
            guard !state.isSending, !state.lines.isEmpty || state.loss != nil else { return nil }
            state.isSending = true
            state.flushAt = nil
            var bytes = 0
            // One line less than the maximum of a batch, for the loss report.
            let lines = Array(
                state.lines.prefix(FieldBounds.logLines.upperBound - 1).prefix { line in
                    defer { bytes += line.message.utf8.count }
                    return bytes < Self.batchBytes
                })
            state.lines.removeFirst(lines.count)
            defer { state.loss = nil }
            return Batch(lines: lines, loss: state.loss)
        }
    }
}
