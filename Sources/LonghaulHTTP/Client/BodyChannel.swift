import Synchronization

/// The bytes of a body between the client's thread, which offers them, and the one task that reads them.
final class BodyChannel: Sendable {
    typealias Chunk = Result<[UInt8]?, HTTPClientError>

    /// How many bytes may lie here unread before the connection is made to wait.
    static let limit = 256 * 1024

    private struct State {
        var unread: [UInt8] = []
        var isPaused = false
        var end: Result<Void, HTTPClientError>?
        var reader: CheckedContinuation<Chunk, Never>?
    }

    private let state = Mutex(State())

    /// Whether the connection waits for the reader.
    var isPaused: Bool { state.withLock(\.isPaused) }

    /// How many bytes lie here unread.
    var unreadCount: Int { state.withLock(\.unread.count) }

    /// Takes bytes, unless there are many already: then it takes none and returns false, and the reader's
    /// next turn says that they are wanted.
    func offer(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let (isTaken, reader) = state.withLock { state -> (Bool, CheckedContinuation<Chunk, Never>?) in
            if let reader = state.reader.take() { return (true, reader) }
            if !state.unread.isEmpty && state.unread.count + bytes.count > Self.limit {
                state.isPaused = true
                return (false, nil)
            }
            state.unread.append(contentsOf: bytes)
            return (true, nil)
        }
        reader?.resume(returning: .success(Array(bytes)))
        return isTaken
    }

    /// Ends the body. What lies here unread is still read before.
    func finish(_ failure: HTTPClientError?) {
        let reader = state.withLock { state in
            if state.end == nil { state.end = failure.map { .failure($0) } ?? .success(()) }
            return state.reader.take()
        }
        reader?.resume(returning: failure.map { .failure($0) } ?? .success(nil))
    }

    /// The next bytes, or nil at the end.
    ///
    /// - Parameter resume: called if the connection waits for bytes to be read.
    func next(resume: () -> Void) async -> Chunk {
        await withCheckedContinuation { continuation in
            let (chunk, wasPaused) = state.withLock { state in
                let chunk = Self.take(&state)
                if chunk == nil { state.reader = continuation }
                defer { state.isPaused = false }
                return (chunk, state.isPaused)
            }
            if let chunk { continuation.resume(returning: chunk) }
            if wasPaused { resume() }
        }
    }

    private static func take(_ state: inout State) -> Chunk? {
        if !state.unread.isEmpty {
            defer { state.unread = [] }
            return .success(state.unread)
        }
        if let end = state.end { return end.map { nil } }
        guard state.reader == nil else {
            return .failure(HTTPClientError(.other, "two tasks read one body", mayHaveBeenSent: true))
        }
        return nil
    }
}
