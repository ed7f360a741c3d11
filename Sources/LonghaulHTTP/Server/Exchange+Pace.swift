extension Exchange {
    /// Answers up to this many bytes are copied at once and take no part in the budget of answers.
    static let smallAnswer = 64 * 1024

    /// Begins to measure the body, or the answer.
    func startPace(timeout: Duration, from total: UInt64) {
        pace = TransferPace(
            now: loop.now, total: total, timeout: timeout, rate: loop.shared.configuration.minBytesPerSecond)
    }

    /// Sets the time by which more of the body must arrive.
    func extendDeadline() {
        guard let end = pace?.advance(to: received, now: loop.now) else { return }
        connection?.deadline = min(end, loop.drainDeadline)
    }

    /// The server stops: the rest of a body has little time.
    func hurry() {
        guard hasBegun, isReceiving, let deadline = connection?.deadline else { return }
        connection?.deadline = min(deadline, loop.drainDeadline)
    }

    /// Copies a part of a large answer for the library, and returns its size.
    func copyAnswer(from position: Int, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard position < answer.count else { return 0 }
        let count = min(buffer.count, answer.count - position)
        answer.withUnsafeBytes { bytes in
            buffer.copyMemory(from: .init(rebasing: bytes[position..<position + count]))
        }
        sent = position + count
        return count
    }

    /// Closes the connection if its client reads a large answer more slowly than the minimum rate.
    func cutSlowReader() {
        let configuration = loop.shared.configuration
        guard case .responding = phase, !answer.isEmpty, configuration.minBytesPerSecond > 0,
            let end = pace?.advance(to: UInt64(sent), now: loop.now), loop.now > end
        else { return }
        configuration.counters.count(.slowReader)
        abort()
    }
}
