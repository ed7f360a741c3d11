/// Writes the format `text/event-stream`.
public enum ServerSentEvents {
    /// A comment that keeps a quiet connection open; clients ignore it.
    public static let heartbeat = ":\n\n"

    /// The header fields of a response that is a stream of events.
    public static let headers: HTTPHeaders = [
        "Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache",
        // Proxies that buffer output would delay events.
        "X-Accel-Buffering": "no",
    ]

    /// The text of an event, with the empty line at its end.
    ///
    /// - Parameters:
    ///   - id: the ID that a client sends as `Last-Event-ID` when it reconnects.
    ///   - event: the type of the event; nil for `message`.
    ///   - data: the content. Each line becomes a `data` line.
    ///   - retryMilliseconds: the reconnection delay of the client.
    public static func text(
        id: String? = nil, event: String? = nil, data: String, retryMilliseconds: Int? = nil
    ) -> String {
        var text = ""
        if let id { text += "id: \(oneLine(id))\n" }
        if let event { text += "event: \(oneLine(event))\n" }
        if let retryMilliseconds { text += "retry: \(retryMilliseconds)\n" }
        for line in data.split(omittingEmptySubsequences: false, whereSeparator: isLineBreak) {
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
