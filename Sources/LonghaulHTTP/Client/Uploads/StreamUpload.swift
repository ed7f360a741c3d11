import Synchronization

/// The chunks of a request's producer, read one ahead of the connection.
///
/// The client's thread reads them. A separate task runs the producer, and calls `wake` when a chunk is ready for a paused
/// transfer.
final class StreamUpload: UploadSource {
    fileprivate struct State {
        var chunk: ArraySlice<UInt8> = []
        var end: Result<Void, HTTPClientError>?
        var pull: Task<Void, Never>?
        /// Whether the producer is running or about to run.
        var isPulling = false
        var readerWaits = false
        var isCancelled = false
    }

    let length: Int64?
    private let producer: HTTPClientRequest.Producer
    private let wake: @Sendable () -> Void
    private let shared = Shared()
    private var sent: Int64 = 0

    init(
        length: Int64?, producer: @escaping HTTPClientRequest.Producer, wake: @escaping @Sendable () -> Void
    ) {
        self.length = length
        self.producer = producer
        self.wake = wake
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(HTTPClientError) -> UploadRead {
        let (read, mustPull) = shared.state.withLock { state -> (Result<UploadRead, HTTPClientError>, Bool) in
            if !state.chunk.isEmpty {
                let count = min(buffer.count, state.chunk.count)
                buffer.copyBytes(from: state.chunk.prefix(count))
                state.chunk = state.chunk.dropFirst(count)
                return (.success(.bytes(count)), state.chunk.isEmpty && state.beginPull())
            }
            if let end = state.end { return (end.map { .end }, false) }
            state.readerWaits = true
            return (.success(.notYet), state.beginPull())
        }
        if mustPull { pull() }
        return try checked(read.get())
    }

    /// Checks the chunks against the announced length.
    private func checked(_ read: UploadRead) throws(HTTPClientError) -> UploadRead {
        guard let length else { return read }
        switch read {
        case .bytes(let count):
            sent += Int64(count)
            guard sent <= length else { throw wrongLength(length, "more") }
        case .end:
            guard sent == length else { throw wrongLength(length, "less") }
        case .notYet: break
        }
        return read
    }

    private func wrongLength(_ length: Int64, _ how: String) -> HTTPClientError {
        HTTPClientError(
            .localIO, "the producer of the body returned \(how) than the announced \(length) bytes")
    }

    /// Runs the producer for one chunk, after ``State/beginPull()`` has returned true.
    private func pull() {
        let task = Task { [shared, producer, wake] in
            if await shared.pull(from: producer) { wake() }
        }
        let isCancelled = shared.state.withLock { state in
            // The chunk may be delivered already.
            if state.isPulling { state.pull = task }
            return state.isCancelled
        }
        if isCancelled { task.cancel() }
    }

    /// A producer cannot be rewound.
    func rewind() -> Bool { false }

    func cancel() {
        let pull = shared.state.withLock { state in
            state.isCancelled = true
            return state.pull
        }
        pull?.cancel()
    }
}

extension StreamUpload.State {
    /// Whether to run the producer for one chunk. If so, it is marked as running.
    fileprivate mutating func beginPull() -> Bool {
        guard !isPulling, end == nil, !isCancelled else { return false }
        isPulling = true
        return true
    }
}

/// The state that the reader shares with the task that runs the producer.
private final class Shared: Sendable {
    let state = Mutex(StreamUpload.State())

    /// Waits for one chunk. Returns whether the reader is paused.
    func pull(from producer: HTTPClientRequest.Producer) async -> Bool {
        do {
            let chunk = try await Self.next(producer)
            return deliver(chunk, end: chunk == nil ? .success(()) : nil)
        } catch {
            let failure = HTTPClientError(.localIO, "the producer of the body failed: \(error)")
            return deliver(nil, end: .failure(failure))
        }
    }

    private func deliver(_ chunk: [UInt8]?, end: Result<Void, HTTPClientError>?) -> Bool {
        state.withLock { state in
            state.pull = nil
            state.isPulling = false
            state.chunk = chunk.map { $0[...] } ?? []
            state.end = end
            defer { state.readerWaits = false }
            return state.readerWaits
        }
    }

    /// The next chunk that is not empty.
    private static func next(_ producer: HTTPClientRequest.Producer) async throws -> [UInt8]? {
        while let chunk = try await producer() {
            if !chunk.isEmpty { return chunk }
        }
        return nil
    }
}
