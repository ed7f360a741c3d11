/// Decodes a `text/event-stream` from pieces of any size.
public struct ServerSentEventDecoder: Sendable {
    /// The reconnection delay of the stream; nil if it has set none.
    public private(set) var retry: Duration?
    /// The last ID of the stream, including events without data.
    public private(set) var lastEventID: String?

    private let maxEventBytes: Int
    private var line: [UInt8] = []
    private var data: [UInt8] = []
    private var hasData = false
    private var event = ""
    /// Whether the last byte was a carriage return, so that a following line feed is part of the same line end.
    private var endedWithReturn = false
    private var isFirstLine = true

    /// Creates a decoder.
    ///
    /// - Parameter maxEventBytes: the maximum size of an event.
    public init(maxEventBytes: Int = 16 * 1024 * 1024) {
        self.maxEventBytes = maxEventBytes
    }

    /// Adds bytes and returns the completed events.
    ///
    /// - Throws: `tooLarge`.
    public mutating func feed(_ bytes: some Sequence<UInt8>) throws(HTTPClientError) -> [ServerSentEvent] {
        var events: [ServerSentEvent] = []
        for byte in bytes {
            let followsReturn = endedWithReturn
            endedWithReturn = byte == UInt8(ascii: "\r")
            if byte == UInt8(ascii: "\n") && followsReturn { continue }
            if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
                if let event = endOfLine() { events.append(event) }
                continue
            }
            guard line.count + data.count < maxEventBytes else { throw .tooLarge(maxEventBytes) }
            line.append(byte)
        }
        return events
    }

    private mutating func endOfLine() -> ServerSentEvent? {
        defer { line.removeAll(keepingCapacity: true) }
        if isFirstLine && line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
        isFirstLine = false
        if line.isEmpty { return endOfEvent() }
        let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
        var value = line[colon...].dropFirst()
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        // A line that begins with a colon is a comment: its field has no name.
        field(String(decoding: line[..<colon], as: UTF8.self), value)
        return nil
    }

    private mutating func field(_ name: String, _ value: ArraySlice<UInt8>) {
        switch name {
        case "data":
            if hasData { data.append(UInt8(ascii: "\n")) }
            data += value
            hasData = true
        case "event": event = String(decoding: value, as: UTF8.self)
        case "id" where !value.contains(0): lastEventID = String(decoding: value, as: UTF8.self)
        case "retry" where !value.isEmpty && value.allSatisfy { (48...57).contains($0) }:
            retry = Int64(String(decoding: value, as: UTF8.self)).map { .milliseconds($0) } ?? retry
        default: break
        }
    }

    /// An event without data is dropped, but its ID counts.
    private mutating func endOfEvent() -> ServerSentEvent? {
        defer {
            data = []
            hasData = false
            event = ""
        }
        guard hasData else { return nil }
        return ServerSentEvent(
            id: lastEventID, event: event.isEmpty ? "message" : event,
            data: String(decoding: data, as: UTF8.self))
    }
}
