import Synchronization

/// A buffer for a body, between the client's thread and the one task that reads it.
final class BodyChannel: Sendable {
    typealias Chunk = Result<[UInt8]?, HTTPClientError>

    /// The maximum number of unread bytes before the connection pauses.
    static let limit = 256 * 1024

    private struct State {
        var unread: [UInt8] = []
        var isPaused = false
        var end: Result<Void, HTTPClientError>?
        var reader: CheckedContinuation<Chunk, Never>?
    }

    private let state = Mutex(State())

    /// Whether the connection is paused until the reader catches up.
    var isPaused: Bool { state.withLock(\.isPaused) }

    /// The number of unread bytes.
    var unreadCount: Int { state.withLock(\.unread.count) }

    /// Adds bytes. If the buffer is full, it adds none and returns false, and the next read resumes the connection.
    func offer(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let (isAccepted, reader) = state.withLock { state -> (Bool, CheckedContinuation<Chunk, Never>?) in
            if let reader = state.reader.take() { return (true, reader) }
            if !state.unread.isEmpty && state.unread.count + bytes.count > Self.limit {
                state.isPaused = true
                return (false, nil)
            }
            state.unread.append(contentsOf: bytes)
            return (true, nil)
        }
        reader?.resume(returning: .success(Array(bytes)))
        return isAccepted
    }

    /// Ends the body. Unread bytes are still read before the end.
    func finish(_ failure: HTTPClientError?) {
        let reader = state.withLock { state in
            if state.end == nil { state.end = failure.map { .failure($0) } ?? .success(()) }
            return state.reader.take()
        }
        reader?.resume(returning: failure.map { .failure($0) } ?? .success(nil))
    }

    /// The next bytes, or nil at the end.
    ///
    /// - Parameter resume: called if the connection is paused.
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
