import LonghaulConcurrency
import LonghaulHTTP
import LonghaulTestSupport
import Testing

/// Limits of the memory and the time that clients can take from a server.
@Suite("HTTP server: budgets")
struct HTTPServerBudgetTests {
    @Test("bodies beyond the memory for bodies are answered 503 before they are read")
    func bodies() async throws {
        let (begun, gate) = (Recorder<Int>(), Event<Void>())
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
            let first = try await onThread {
                let client = try RawClient(address.port)
                try client.send(request + String(repeating: "a", count: 60_000))
                return client
            }
            try await begun.wait(for: "the handler has the body") { $0 == [60_000] }
            let refused = try await response(from: address, request)
            #expect(refused.status == 503)
            #expect(counters.bodyBytes == 60_000 && counters.rejections(.bodyMemory) == 1)
            gate.fire()
            #expect(try await onThread { try first.response().text } == "60000")
            try await eventually("the memory of the body is free") { counters.bodyBytes == 0 }
        }
    }

    @Test("answers beyond the memory for answers are replaced by 503")
    func answers() async throws {
        let counters = HTTPServerCounters()
        let configure: (inout HTTPServerConfiguration) -> Void = {
            $0.maxAnswerMemoryBytes = 16_000_000
            $0.counters = counters
        }
        // More bytes than the buffers of a socket hold.
        let large = [UInt8](repeating: 0x61, count: 10_000_000)
        let handler: @Sendable (HTTPRequest) async -> HTTPResponse = { _ in
            HTTPResponse(status: 200, body: .bytes(large))
        }
        try await withServer(configure, handler: handler) { address in
            let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
            let reader = try await onThread {
                let client = try RawClient(address.port)
                try client.send(get)
                return client
            }
            try await eventually("the first answer is counted") { counters.answerBytes == large.count }
            #expect(try await response(from: address, get).status == 503)
            #expect(counters.rejections(.answerMemory) == 1)
            #expect(try await onThread { try reader.response().body.count } == large.count)
            try await eventually("the memory of the answer is free") { counters.answerBytes == 0 }
            #expect(try await response(from: address, get).body.count == large.count)
        }
    }

    @Test("answers to requests that change something are sent even if the memory for answers is full")
    func answersToWrites() async throws {
        let counters = HTTPServerCounters()
        let configure: (inout HTTPServerConfiguration) -> Void = {
            $0.maxAnswerMemoryBytes = 1_000
            $0.counters = counters
        }
        let handler: @Sendable (HTTPRequest) async -> HTTPResponse = { _ in
            HTTPResponse(status: 200, body: .bytes([UInt8](repeating: 0x61, count: 100_000)))
        }
        try await withServer(configure, handler: handler) { address in
            let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
            let refused = try await response(from: address, get)
            #expect(refused.status == 503)
            for method in ["POST", "PUT", "DELETE"] {
                let request = "\(method) / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"
                #expect(try await response(from: address, request).body.count == 100_000, "\(method)")
            }
            #expect(counters.rejections(.answerMemory) == 1)
            try await eventually("the memory of the answers is free") { counters.answerBytes == 0 }
        }
    }

    @Test("large bodies leave memory for small ones")
    func reserve() async throws {
        let counters = HTTPServerCounters()
        let handler: @Sendable (HTTPRequest) async -> HTTPResponse = { request in
            let body = try? await request.body.collect(upTo: 1 << 30)
            return .text(body == nil ? 503 : 200, "\(body?.count ?? -1)")
        }
        let configure: (inout HTTPServerConfiguration) -> Void = {
            $0.maxBodyMemoryBytes = 4_000_000
            $0.counters = counters
        }
        try await withServer(configure, handler: handler) { address in
            // Announces almost the whole budget of large bodies, and sends nothing.
            let first = try await onThread {
                let client = try RawClient(address.port)
                try client.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 2700000\r\n\r\n")
                return client
            }
            try await eventually("memory is reserved for the body") { counters.bodyBytes > 2_700_000 }
            let large = "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 300000\r\n\r\n"
            #expect(try await response(from: address, large).status == 503)
            let small = "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 60000\r\n\r\n"
            let answer = try await response(from: address, small + String(repeating: "a", count: 60_000))
            #expect(answer.status == 200 && answer.text == "60000")
            withExtendedLifetime(first) {}
        }
    }

    @Test("a slow handler does not shorten the time for the rest of the body")
    func lateAnswer() async throws {
        let handler: @Sendable (HTTPRequest) async -> HTTPResponse = { request in
            _ = try? await request.body.next()
            // The wait is longer than the timeout; in this time, the loop limits the client's rate.
            try? await Task.sleep(for: .seconds(3))
            return .text(200, "enough")
        }
        try await withServer({ $0.bodyTimeout = .seconds(2) }, handler: handler) { address in
            let request = "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 500000\r\n\r\n"
            let answer = try await response(from: address, request + String(repeating: "a", count: 500_000))
            #expect(answer.status == 200 && answer.text == "enough")
        }
    }

    @Test("a client below the minimum transfer rate is disconnected", arguments: [true, false])
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
            let client = try await onThread {
                let client = try RawClient(address.port)
                try client.send(
                    sends
                        ? "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n"
                        : "GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                return client
            }
            try await eventually("the server closes the connection", every: .milliseconds(2)) {
                if sends { try? client.send("a") }
                return counters.rejections(sends ? .slowRequest : .slowReader) == 1
            }
        }
    }
}
