/// The error of a body.
public enum HTTPBodyError: Error, Sendable, Equatable {
    /// The body is longer than the limit, in bytes. The answer is 413.
    case tooLarge(limit: Int)
    /// The peer has disconnected, or the connection was closed.
    case disconnected
    /// Two tasks read the same body at the same time.
    case readTwice
    /// The bodies in memory have reached their maximum size. The answer is 503.
    case serverBusy
}

/// The body of a request, which can be read once: in pieces with ``next()`` or completely with ``collect(upTo:)``.
///
/// The server applies back-pressure to the client: at most about 256 KiB of unread bytes are in memory.
public struct HTTPBody: Sendable, AsyncSequence {
    enum Storage: Sendable {
        case bytes(WholeBody)
        case channel(RequestBodyChannel)
    }

    let storage: Storage

    /// No body.
    public static let empty = HTTPBody([])

    /// A complete body.
    public init(_ bytes: [UInt8]) {
        storage = .bytes(WholeBody(bytes))
    }

    init(_ bytes: [UInt8], reservation: ByteReservation?) {
        storage = .bytes(WholeBody(bytes, reservation: reservation))
    }

    init(_ channel: RequestBodyChannel) {
        storage = .channel(channel)
    }

    /// The next piece, never empty; nil at the end.
    ///
    /// - Throws: ``HTTPBodyError``, or `CancellationError` when the task is cancelled.
    public func next() async throws -> [UInt8]? {
        switch storage {
        case .bytes(let whole): whole.take()
        case .channel(let channel): try await channel.next()
        }
    }

    /// Reads the rest of the body.
    ///
    /// - Parameter limit: the maximum number of bytes.
    /// - Throws: ``HTTPBodyError/tooLarge(limit:)`` for a longer body, another ``HTTPBodyError``, or `CancellationError`.
    public func collect(upTo limit: Int) async throws -> [UInt8] {
        switch storage {
        case .bytes(let whole):
            let bytes = whole.take() ?? []
            guard bytes.count <= limit else { throw HTTPBodyError.tooLarge(limit: limit) }
            return bytes
        case .channel(let channel):
            if let length = channel.expectedLength, length > UInt64(clamping: limit) {
                throw HTTPBodyError.tooLarge(limit: limit)
            }
            return try await collect(channel, upTo: limit)
        }
    }

    /// Reserves the memory for a body of known length before any of it is read, and for any other as it grows.
    private func collect(_ channel: RequestBodyChannel, upTo limit: Int) async throws -> [UInt8] {
        var reserved = Int(clamping: channel.expectedLength ?? 0)
        guard channel.reserve(reserved) else { throw HTTPBodyError.serverBusy }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(reserved)
        while let piece = try await channel.next() {
            let count = bytes.count + piece.count
            guard count <= limit else { throw HTTPBodyError.tooLarge(limit: limit) }
            if count > reserved {
                guard channel.reserve(count) else { throw HTTPBodyError.serverBusy }
                reserved += count
            }
            bytes += piece
        }
        return bytes
    }

    /// Reads a body piece by piece.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let body: HTTPBody

        /// The next piece, see ``HTTPBody/next()``.
        public mutating func next() async throws -> [UInt8]? {
            try await body.next()
        }
    }

    /// An iterator. Each iterator of a body continues where the last one stopped.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(body: self)
    }
}
