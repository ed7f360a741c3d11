import LonghaulHTTP
import Testing

/// What clients may make a server hold, and for how long.
@Suite("HTTP server: budgets")
struct HTTPServerBudgetTests {
    @Test("bodies that do not fit into the memory for bodies are answered 503 before they are read")
    func bodies() async throws {
        let (begun, gate) = (Recorder<Int>(), Gate())
        let counters = HTTPServerCounters()
        let handler: @Sendable (HTTPRequest) async -> HTTPResponse = { request in
            let body = try? await request.body.collect(upTo: 1 << 30)
            begun.add(body?.count ?? -1)
            await gate.wait()
            return .text(200, "\(body?.count ?? -1)")
        }
        let configure: (inout HTTPServerConfiguration) -> Void = {
            $0.maxBodyMemoryBytes = 100_000
            $0.counters = counters
        }
        try await withServer(configure, handler: handler) { address in
            let request = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 60000\r\n\r\n"
            let first = try await offPool {
                let client = try RawClient(address.port)
                try client.send(request + String(repeating: "a", count: 60_000))
                return client
            }
            #expect(try await eventually { begun.all == [60_000] })
            let refused = try await response(from: address, request)
            #expect(refused.status == 503)
            #expect(counters.bodyBytes == 60_000 && counters.rejections(.bodyMemory) == 1)
            gate.open()
            #expect(try await offPool { try first.response().text } == "60000")
            #expect(try await eventually { counters.bodyBytes == 0 })
        }
    }

    @Test("answers that do not fit into the memory for answers are replaced by 503, until there is room")
    func answers() async throws {
        let counters = HTTPServerCounters()
        let configure: (inout HTTPServerConfiguration) -> Void = {
            $0.maxAnswerMemoryBytes = 12_000_000
            $0.counters = counters
        }
        // More than a socket's buffers hold.
        let large = [UInt8](repeating: 0x61, count: 10_000_000)
        let handler: @Sendable (HTTPRequest) async -> HTTPResponse = { _ in
            HTTPResponse(status: 200, body: .bytes(large))
        }
        try await withServer(configure, handler: handler) { address in
            let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
            let reader = try await offPool {
                let client = try RawClient(address.port)
                try client.send(get)
                return client
            }
            #expect(try await eventually { counters.answerBytes == large.count })
            #expect(try await response(from: address, get).status == 503)
            #expect(counters.rejections(.answerMemory) == 1)
            #expect(try await offPool { try reader.response().body.count } == large.count)
            #expect(try await eventually { counters.answerBytes == 0 })
            #expect(try await response(from: address, get).body.count == large.count)
        }
    }

    @Test("a client that sends or reads too slowly is cut off, however steadily", arguments: [true, false])
    func minimumRate(sends: Bool) async throws {
        let counters = HTTPServerCounters()
        let configure: (inout HTTPServerConfiguration) -> Void = {
            $0.bodyTimeout = .milliseconds(400)
            $0.writeTimeout = .milliseconds(400)
            $0.minBytesPerSecond = 1_000_000_000
            $0.counters = counters
        }
        let handler: @Sendable (HTTPRequest) async -> HTTPResponse = { request in
            if request.method == "GET" {
                return HTTPResponse(status: 200, body: .bytes([UInt8](repeating: 0x61, count: 20_000_000)))
            }
            return await echo(request)
        }
        try await withServer(configure, handler: handler) { address in
            let client = try await offPool {
                let client = try RawClient(address.port)
                try client.send(
                    sends
                        ? "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n"
                        : "GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                return client
            }
            let isCut = try await eventually {
                if sends { try? client.send("a") }
                return counters.rejections(sends ? .slowRequest : .slowReader) == 1
            }
            #expect(isCut)
        }
    }
}
