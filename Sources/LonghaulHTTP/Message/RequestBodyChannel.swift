import Synchronization

/// A bounded pipe between the thread that receives a body and the one task that reads it.
final class RequestBodyChannel: Sendable {
    /// How many bytes may wait before the sender is held back.
    static let capacity = 256 * 1024

    private struct State {
        var waiting: [UInt8] = []
        var end: Result<Void, any Error>?
        /// The sender has stopped, and goes on when told.
        var isPaused = true
        var reader: CheckedContinuation<[UInt8]?, any Error>?
    }

    private let state = Mutex(State())
    private let resume: @Sendable () -> Void
    /// The length in bytes, where the sender has told it.
    let expectedLength: UInt64?

    /// The memory that the body may take; nil for no bound.
    private let reservation: ByteReservation?

    /// A channel whose sender waits until the body is first read.
    ///
    /// - Parameter resume: Called, on any thread, when the sender may go on.
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

    /// Adds bytes. False tells the sender to stop until it is resumed.
    func append(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let (reader, goesOn): (CheckedContinuation<[UInt8]?, any Error>?, Bool) = state.withLock { state in
            if let reader = state.reader, state.waiting.isEmpty {
                state.reader = nil
                return (reader, true)
            }
            state.waiting.append(contentsOf: bytes)
            state.isPaused = state.waiting.count >= Self.capacity
            return (nil, !state.isPaused)
        }
        reader?.resume(returning: Array(bytes))
        return goesOn
    }

    /// Ends the body, well or with a fault; what was added before is still read, unless it is a fault.
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
            // Cancelled before the reader was stored: the handler has run already, and nobody would wake it.
            if Task.isCancelled { return (.failure(CancellationError()), false) }
            state.reader = reader
            state.isPaused = false
            return (nil, wasPaused)
        }
        if wasPaused { resume() }
        if let answer { reader.resume(with: answer) }
    }
}
