import LonghaulHTTP
import Testing

/// The decoder of server-sent events.
@Suite("Server-sent events")
struct ServerSentEventTests {
    static let streams: [(text: String, events: [ServerSentEvent])] = [
        ("data: a\n\n", [ServerSentEvent(data: "a")]),
        ("data:a\rdata: b\r\r", [ServerSentEvent(data: "a\nb")]),
        ("id: 1\r\nevent: tick\r\ndata\r\n\r\n", [ServerSentEvent(id: "1", event: "tick", data: "")]),
        ("id: 1\n\ndata: x\n\n", [ServerSentEvent(id: "1", data: "x")]),
        (": a comment\n\ndata: x\nretry: 5\nnonsense: y\n\n", [ServerSentEvent(data: "x")]),
        ("\u{FEFF}data:  two spaces\n\n", [ServerSentEvent(data: " two spaces")]),
        ("data: interrupted by the end\n", []),
        ("id: a\0b\ndata: x\n\n", [ServerSentEvent(data: "x")]),
    ]

    @Test("the division of a stream into pieces does not change its events", arguments: streams.indices)
    func reads(_ index: Int) throws {
        let (text, events) = Self.streams[index]
        let bytes = Array(text.utf8)
        for size in 1...bytes.count {
            var decoder = ServerSentEventDecoder()
            var read: [ServerSentEvent] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                read += try decoder.feed(bytes[start..<min(start + size, bytes.count)])
            }
            #expect(read == events, "in pieces of \(size)")
        }
    }

    @Test("written events are read back unchanged")
    func readsWhatIsWritten() throws {
        var decoder = ServerSentEventDecoder()
        let text = ServerSentEvents.text(
            id: "4\n2", event: "change", data: "{\r\n}\n\n", retryMilliseconds: 250)
        let events = try decoder.feed((ServerSentEvents.heartbeat + text).utf8)
        #expect(events == [ServerSentEvent(id: "42", event: "change", data: "{\n}\n\n")])
        #expect(decoder.retry == .milliseconds(250))
    }

    @Test("an event beyond the maximum size is rejected")
    func refusesTheEndless() {
        var decoder = ServerSentEventDecoder(maxEventBytes: 100)
        #expect(throws: HTTPClientError.self) {
            _ = try decoder.feed(("data: " + String(repeating: "x", count: 200)).utf8)
        }
    }
}
