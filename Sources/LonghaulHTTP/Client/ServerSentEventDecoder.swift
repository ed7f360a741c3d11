/// Decodes a `text/event-stream` that comes in pieces, cut anywhere.
public struct ServerSentEventDecoder: Sendable {
    /// How long to wait before connecting again, as the stream wishes it; nil if it has not said.
    public private(set) var retry: Duration?
    /// The last ID that the stream has given, also by an event without data.
    public private(set) var lastEventID: String?

    private let maxEventBytes: Int
    private var line: [UInt8] = []
    private var data: [UInt8] = []
    private var hasData = false
    private var event = ""
    /// Whether the last byte was a carriage return, so that a line feed now belongs to it.
    private var endedWithReturn = false
    private var isFirstLine = true

    /// A decoder at the beginning of a stream.
    ///
    /// - Parameter maxEventBytes: the largest event taken.
    public init(maxEventBytes: Int = 16 * 1024 * 1024) {
        self.maxEventBytes = maxEventBytes
    }

    /// Takes the next bytes and returns the events that they complete.
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

    /// An event without data is none, but its ID counts.
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
