import Synchronization

/// Writes the body of a streamed response. Bytes are sent at once. A writer waits while its client is slower.
public final class HTTPBodyWriter: Sendable {
    /// The default maximum of unsent bytes before a writer waits.
    static let capacity = 128 * 1024

    /// The result of a read by the sending thread.
    enum Read: Equatable {
        case bytes(Int)
        case nothingYet
        case end
        case failed
    }

    private struct State {
        var waiting: [UInt8] = []
        var sent = 0
        var end: Result<Void, any Error>?
        /// Whether the sending thread is paused because there were no bytes.
        var isStarved = false
        var writers: [Int: CheckedContinuation<Void, any Error>] = [:]
        var nextWriter = 0
        /// The maximum of unsent bytes before a writer waits.
        var limit = HTTPBodyWriter.capacity

        var pending: Int { waiting.count - sent }

        mutating func takeWriters() -> [CheckedContinuation<Void, any Error>] {
            defer { writers = [:] }
            return Array(writers.values)
        }
    }

    private let state = Mutex(State())
    private let wake: @Sendable () -> Void

    /// - Parameter wake: called on any thread to resume the sending thread.
    init(wake: @escaping @Sendable () -> Void) {
        self.wake = wake
    }

    /// Sends bytes. Returns when there is room for more.
    ///
    /// - Throws: ``HTTPBodyError/disconnected`` if the client has disconnected, `CancellationError` if the task was
    ///   cancelled.
    public func write(_ bytes: [UInt8]) async throws {
        try Task.checkCancellation()
        let (isFull, wakes) = try state.withLock { state in
            guard state.end == nil else { throw HTTPBodyError.disconnected }
            // While the client keeps up, bytes that many streams send are shared, not copied.
            if state.waiting.isEmpty { state.waiting = bytes } else { state.waiting += bytes }
            defer { state.isStarved = state.isStarved && bytes.isEmpty }
            return (state.pending >= state.limit, state.isStarved && !bytes.isEmpty)
        }
        if wakes { wake() }
        if isFull { try await waitForRoom() }
    }

    /// Sends text as UTF-8, see ``write(_:)-([UInt8])``.
    public func write(_ text: String) async throws {
        try await write(Array(text.utf8))
    }

    /// Sets the maximum of unsent bytes, in place of ``capacity``.
    public func limitPending(to bytes: Int) {
        // Writers continue when less than half of the limit is pending.
        state.withLock { $0.limit = max(2, bytes) }
    }

    private func waitForRoom() async throws {
        let ticket = state.withLock { state in
            state.nextWriter += 1
            return state.nextWriter
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { writer in
                let answer: Result<Void, any Error>? = state.withLock { state in
                    if state.end != nil { return .failure(HTTPBodyError.disconnected) }
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if state.pending < state.limit { return .success(()) }
                    state.writers[ticket] = writer
                    return nil
                }
                if let answer { writer.resume(with: answer) }
            }
        } onCancel: {
            let writer = state.withLock { $0.writers.removeValue(forKey: ticket) }
            writer?.resume(throwing: CancellationError())
        }
    }

    /// Copies unsent bytes to the buffer of the sending thread.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Read {
        let (read, writers): (Read, [CheckedContinuation<Void, any Error>]) = state.withLock { state in
            guard state.pending > 0 else {
                switch state.end {
                case .success: return (.end, [])
                case .failure: return (.failed, [])
                case nil:
                    state.isStarved = true
                    return (.nothingYet, [])
                }
            }
            let count = min(state.pending, buffer.count)
            state.waiting.withUnsafeBytes { waiting in
                buffer.copyMemory(from: .init(rebasing: waiting[state.sent..<state.sent + count]))
            }
            state.sent += count
            if state.pending == 0 {
                state.waiting = []
                state.sent = 0
            }
            return (.bytes(count), state.pending < state.limit / 2 ? state.takeWriters() : [])
        }
        for writer in writers { writer.resume() }
        return read
    }

    /// Ends the body, or aborts it so that the client detects the truncation. The first call counts.
    func finish(_ end: Result<Void, any Error>) {
        let (wakes, writers) = state.withLock { state in
            guard state.end == nil else { return (false, [] as [CheckedContinuation<Void, any Error>]) }
            state.end = end
            if case .failure = end {
                state.waiting = []
                state.sent = 0
            }
            defer { state.isStarved = false }
            return (state.isStarved, state.takeWriters())
        }
        for writer in writers { writer.resume(throwing: HTTPBodyError.disconnected) }
        if wakes { wake() }
    }
}
