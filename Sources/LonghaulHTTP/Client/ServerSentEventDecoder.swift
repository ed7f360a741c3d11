/// Puts server-sent events together from the pieces of a stream (WHATWG HTML, section 9.2).
public struct ServerSentEventDecoder: Sendable {
    private var line: [UInt8] = []
    private var endedWithReturn = false
    private var id: String?
    private var event: String?
    private var data: [String] = []

    /// A decoder at the beginning of a stream.
    public init() {}

    /// The events that these bytes complete.
    public mutating func feed(_ bytes: [UInt8]) -> [ServerSentEvent] {
        var events: [ServerSentEvent] = []
        for byte in bytes {
            let isSecondOfPair = endedWithReturn && byte == 10
            endedWithReturn = byte == 13
            if isSecondOfPair { continue }
            guard byte == 10 || byte == 13 else {
                line.append(byte)
                continue
            }
            if let event = endOfLine() { events.append(event) }
        }
        return events
    }

    private mutating func endOfLine() -> ServerSentEvent? {
        let text = String(decoding: line, as: UTF8.self)
        line = []
        guard !text.isEmpty else { return endOfEvent() }
        let colon = text.firstIndex(of: ":") ?? text.endIndex
        var value = text[colon...].dropFirst()
        if value.first == " " { value = value.dropFirst() }
        switch text[..<colon] {
        case "id": id = String(value)
        case "event": event = String(value)
        case "data": data.append(String(value))
        // A comment, or a field of a later version of the format.
        default: break
        }
        return nil
    }

    /// The identifier stays for the events that follow; an event without data is none.
    private mutating func endOfEvent() -> ServerSentEvent? {
        defer {
            event = nil
            data = []
        }
        guard !data.isEmpty else { return nil }
        return ServerSentEvent(id: id, event: event, data: data.joined(separator: "\n"))
    }
}
