import Synchronization

/// A bounded pipe between the thread that receives a body and the one task that reads it.
final class RequestBodyChannel: Sendable {
    /// The maximum of unread bytes before the sender pauses.
    static let capacity = 256 * 1024

    private struct State {
        var waiting: [UInt8] = []
        var end: Result<Void, any Error>?
        /// Whether the sender is paused.
        var isPaused = true
        var reader: CheckedContinuation<[UInt8]?, any Error>?
    }

    private let state = Mutex(State())
    private let resume: @Sendable () -> Void
    /// The length in bytes; nil for a chunked body.
    let expectedLength: UInt64?

    /// The memory reservation of the body; nil for no bound.
    private let reservation: ByteReservation?

    /// Creates a channel. The sender waits for the first read.
    ///
    /// - Parameter resume: called on any thread to resume the sender.
    init(
        expectedLength: UInt64?, reservation: ByteReservation? = nil, resume: @escaping @Sendable () -> Void
    ) {
        self.expectedLength = expectedLength
        self.reservation = reservation
        self.resume = resume
    }

    /// Reserves memory for the reader of the body. Returns false if there is none left.
    func reserve(_ count: Int) -> Bool {
        reservation?.add(count) ?? true
    }

    /// Adds bytes. Returns false if the sender must pause.
    func append(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let (reader, canContinue): (CheckedContinuation<[UInt8]?, any Error>?, Bool) = state.withLock {
            state in
            if let reader = state.reader, state.waiting.isEmpty {
                state.reader = nil
                return (reader, true)
            }
            state.waiting.append(contentsOf: bytes)
            state.isPaused = state.waiting.count >= Self.capacity
            return (nil, !state.isPaused)
        }
        reader?.resume(returning: Array(bytes))
        return canContinue
    }

    /// Ends the body, optionally with an error. Without an error, the bytes added before are still read.
    func finish(_ end: Result<Void, any Error> = .success(())) {
        let reader = state.withLock { state in
            guard state.end == nil else { return nil as CheckedContinuation<[UInt8]?, any Error>? }
            state.end = end
            if case .failure = end { state.waiting = [] }
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume(with: end.map { nil })
    }

    /// The next piece, never empty; nil at the end.
    func next() async throws -> [UInt8]? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { read($0) }
        } onCancel: {
            let reader = state.withLock { state in
                defer { state.reader = nil }
                return state.reader
            }
            reader?.resume(throwing: CancellationError())
        }
    }

    private func read(_ reader: CheckedContinuation<[UInt8]?, any Error>) {
        let (answer, wasPaused): (Result<[UInt8]?, any Error>?, Bool) = state.withLock { state in
            let wasPaused = state.isPaused && state.end == nil
            if !state.waiting.isEmpty {
                defer { state.waiting = [] }
                state.isPaused = false
                return (.success(state.waiting), wasPaused)
            }
            if let end = state.end { return (end.map { nil }, false) }
            if state.reader != nil { return (.failure(HTTPBodyError.readTwice), false) }
            // The task was cancelled before the reader was stored, so the cancellation handler did not find it.
            if Task.isCancelled { return (.failure(CancellationError()), false) }
            state.reader = reader
            state.isPaused = false
            return (nil, wasPaused)
        }
        if wasPaused { resume() }
        if let answer { reader.resume(with: answer) }
    }
}
