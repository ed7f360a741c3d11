extension Exchange {
    /// Answers up to this many bytes are copied at once and take no part in the budget of answers.
    static let smallAnswer = 64 * 1024

    /// Sets until when more of the body must arrive: within the timeout of a pause, and at the minimum rate over all.
    func extendDeadline() {
        let configuration = loop.shared.configuration
        let timeout = configuration.bodyTimeout.milliseconds
        var deadline = min(loop.now + timeout, loop.drainDeadline)
        if configuration.minBytesPerSecond > 0 {
            let earned = received.multipliedReportingOverflow(by: 1_000).partialValue
            deadline = min(deadline, began + timeout + earned / UInt64(configuration.minBytesPerSecond))
        }
        connection?.deadline = deadline
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
        guard case .responding = phase, !answer.isEmpty, configuration.minBytesPerSecond > 0 else { return }
        let earned = UInt64(sent) * 1_000 / UInt64(configuration.minBytesPerSecond)
        guard loop.now > began + configuration.writeTimeout.milliseconds + earned else { return }
        configuration.counters.count(.slowReader)
        abort()
    }
}
