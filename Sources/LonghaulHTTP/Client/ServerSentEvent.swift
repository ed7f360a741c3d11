/// One event of a `text/event-stream`.
public struct ServerSentEvent: Sendable, Hashable {
    /// The last ID that the stream has given, with this event or before; nil if none. It is what to send as
    /// `Last-Event-ID` to go on from here.
    public var id: String?
    /// What kind of event it is; `message` if the stream does not say.
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

/// The events of a body, as they come.
public struct ServerSentEventSequence: AsyncSequence, Sendable {
    /// An event.
    public typealias Element = ServerSentEvent

    let body: HTTPClientBody

    /// Reads on where the last reader stopped.
    public func makeAsyncIterator() -> Iterator { Iterator(bytes: body.makeAsyncIterator()) }

    /// Reads the events.
    public struct Iterator: AsyncIteratorProtocol {
        var bytes: HTTPClientBody.Iterator
        private var decoder = ServerSentEventDecoder()
        private var events: ArraySlice<ServerSentEvent> = []

        init(bytes: HTTPClientBody.Iterator) { self.bytes = bytes }

        /// Returns the next event, or nil at the end; an event that the end cuts off is dropped.
        ///
        /// - Throws: `tooLarge` for an event out of all measure, or whatever ended the transfer.
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
