extension Exchange {
    /// The maximum size of an answer that is copied at once and does not count in the budget.
    static let smallAnswer = 64 * 1024

    /// Starts to measure the body or the answer.
    func startPace(timeout: Duration, from total: UInt64) {
        pace = TransferPace(
            now: loop.now, total: total, timeout: timeout, rate: loop.shared.configuration.minBytesPerSecond)
    }

    /// Sets the deadline of the next part of the body.
    func extendDeadline() {
        guard let end = pace?.advance(to: received, now: loop.now) else { return }
        connection?.deadline = min(end, loop.drainDeadline)
    }

    /// Sets the deadline of the rest of a body while the server stops.
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
