/// One event of a `text/event-stream`.
public struct ServerSentEvent: Sendable, Hashable {
    /// The last ID of the stream up to this event; nil if there is none. Send it as `Last-Event-ID` to continue after this
    /// event.
    public var id: String?
    /// The type of the event; `message` by default.
    public var event: String
    /// The data, its lines joined with line feeds.
    public var data: String

    /// An event.
    public init(id: String? = nil, event: String = "message", data: String) {
        self.id = id
        self.event = event
        self.data = data
    }
}

/// The events of a body.
public struct ServerSentEventSequence: AsyncSequence, Sendable {
    /// An event.
    public typealias Element = ServerSentEvent

    let body: HTTPClientBody

    /// Continues where the last reader stopped.
    public func makeAsyncIterator() -> Iterator { Iterator(bytes: body.makeAsyncIterator()) }

    /// Reads the events.
    public struct Iterator: AsyncIteratorProtocol {
        var bytes: HTTPClientBody.Iterator
        private var decoder = ServerSentEventDecoder()
        private var events: ArraySlice<ServerSentEvent> = []

        init(bytes: HTTPClientBody.Iterator) { self.bytes = bytes }

        /// Returns the next event, or nil at the end. Drops an incomplete event at the end.
        ///
        /// - Throws: `tooLarge` for an event above the maximum size, or the error that ended the transfer.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(HTTPClientError) -> ServerSentEvent? {
            while events.isEmpty {
                guard let chunk = try await bytes.next(isolation: actor) else { return nil }
                events = try decoder.feed(chunk)[...]
            }
            return events.popFirst()
        }
    }
}
