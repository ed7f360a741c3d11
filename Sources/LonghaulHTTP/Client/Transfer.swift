import CCurl
import Glibc
import Synchronization

/// One request and its response. Its easy handle belongs to the client's thread; what others see of it is the
/// head, the body's pieces and the end.
final class Transfer: Sendable {
    /// What the transfer's callbacks work on, on the client's thread alone.
    final class Wire {
        let easy: EasyHandle
        var parser: ResponseHeadParser
        var file: Int32 = -1
        var fault: HTTPClientError?

        init(easy: EasyHandle, parser: ResponseHeadParser) {
            self.easy = easy
            self.parser = parser
        }

        deinit {
            if file >= 0 { close(file) }
        }
    }

    let request: HTTPClientRequest
    let target: ClientTarget
    let head = Promise<ResponseHead>()
    let body = ResponsePieces()
    private let isSent = Atomic(false)
    /// Touched by the client's thread alone.
    nonisolated(unsafe) var wire: Wire?

    init(request: HTTPClientRequest) throws(HTTPClientError) {
        try request.validate()
        target = try ClientTarget(url: request.url)
        self.request = request
    }

    /// Ends the transfer: with a whole body, or an error.
    func finish(_ error: HTTPClientError?) {
        let error = error?.sent(isSent.load(ordering: .acquiring))
        // A response without a head is none.
        head.fulfil(.failure(error ?? HTTPClientError(.connectionLost, "\(target.authority) sent no response")))
        body.finish(error)
    }

    func markSent() {
        isSent.store(true, ordering: .releasing)
    }

    // MARK: Callbacks, on the client's thread

    /// Takes a line of the response's header.
    func takeHeader(_ line: UnsafeRawBufferPointer) -> Bool {
        guard let wire else { return false }
        do throws(HTTPClientError) {
            if let head = try wire.parser.feed(line) { self.head.fulfil(.success(head)) }
            return true
        } catch {
            wire.fault = error
            return false
        }
    }

    /// Fills the buffer from the request's file. Nil if it cannot be read.
    func readFile(into buffer: UnsafeMutableRawBufferPointer) -> Int? {
        guard let wire else { return nil }
        while true {
            let count = read(wire.file, buffer.baseAddress, buffer.count)
            if count >= 0 { return count }
            if errno == EINTR { continue }
            wire.fault = HTTPClientError(.localIO, "cannot read the body: \(String(cString: strerror(errno)))")
            return nil
        }
    }

    /// Goes back in the request's file, to send it again.
    func seekFile(to offset: Int64) -> Bool {
        guard let wire else { return false }
        return lseek(wire.file, off_t(offset), SEEK_SET) >= 0
    }
}

/// The pieces of a response's body on their way from the client's thread to the one task that reads them.
final class ResponsePieces: Sendable {
    /// How many bytes may wait before the transfer is held up.
    static let capacity = 256 * 1024

    private struct State {
        var pieces: [UInt8] = []
        var isHeldUp = false
        var end: Result<Void, HTTPClientError>?
        var reader: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    /// Takes a piece. False, and nothing is taken, if too much waits: the transfer is then held up.
    func add(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let (isTaken, reader) = state.withLock { state in
            guard state.pieces.count < Self.capacity else {
                state.isHeldUp = true
                return (false, nil as CheckedContinuation<Void, Never>?)
            }
            state.pieces.append(contentsOf: bytes)
            defer { state.reader = nil }
            return (true, state.reader)
        }
        reader?.resume()
        return isTaken
    }

    /// Marks the end: good without an error.
    func finish(_ error: HTTPClientError?) {
        let reader = state.withLock { state in
            if state.end == nil { state.end = error.map { .failure($0) } ?? .success(()) }
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume()
    }

    /// What has come since the last call; nil at the end. Says whether the transfer was held up until now.
    func next() async throws(HTTPClientError) -> (bytes: [UInt8], wasHeldUp: Bool)? {
        while true {
            let found: Result<(bytes: [UInt8], wasHeldUp: Bool)?, HTTPClientError>? = state.withLock { state in
                if !state.pieces.isEmpty {
                    defer {
                        state.pieces = []
                        state.isHeldUp = false
                    }
                    return .success((state.pieces, state.isHeldUp))
                }
                return state.end.map { end in end.map { nil } }
            }
            if let found { return try found.get() }
            await withCheckedContinuation { continuation in
                let isThere = state.withLock { state in
                    if !state.pieces.isEmpty || state.end != nil { return true }
                    state.reader = continuation
                    return false
                }
                if isThere { continuation.resume() }
            }
        }
    }
}
