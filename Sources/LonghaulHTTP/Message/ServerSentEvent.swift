/// One event of a `text/event-stream`.
public struct ServerSentEvent: Sendable, Hashable {
    /// The ID a client sends back as `Last-Event-ID` when it connects again.
    public var id: String?
    /// The kind of event; without one, clients see a `message`.
    public var event: String?
    /// The content; each of its lines becomes a `data` line.
    public var data: String
    /// How long a client should wait before it connects again, in milliseconds.
    public var retryMilliseconds: Int?

    /// An event of these parts.
    public init(id: String? = nil, event: String? = nil, data: String, retryMilliseconds: Int? = nil) {
        self.id = id
        self.event = event
        self.data = data
        self.retryMilliseconds = retryMilliseconds
    }

    /// A comment that keeps a quiet connection open; clients ignore it.
    public static let heartbeat = ":\n\n"

    /// The header fields of a response that is a stream of events.
    public static let headers: HTTPHeaders = [
        "Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache",
        // Proxies that gather output would hold events back.
        "X-Accel-Buffering": "no",
    ]

    /// The event as it goes over the wire, with the empty line that ends it.
    public var text: String {
        var text = ""
        if let id { text += "id: \(Self.oneLine(id))\n" }
        if let event { text += "event: \(Self.oneLine(event))\n" }
        if let retryMilliseconds { text += "retry: \(retryMilliseconds)\n" }
        for line in data.split(omittingEmptySubsequences: false, whereSeparator: Self.isLineBreak) {
            text += "data: \(line)\n"
        }
        return text + "\n"
    }

    /// A name or ID cannot span lines: a line break would end the field and start another.
    private static func oneLine(_ text: String) -> String {
        String(text.filter { !isLineBreak($0) && $0 != "\0" })
    }

    /// The three line breaks that the format knows.
    private static func isLineBreak(_ character: Character) -> Bool {
        character == "\n" || character == "\r" || character == "\r\n"
    }
}
