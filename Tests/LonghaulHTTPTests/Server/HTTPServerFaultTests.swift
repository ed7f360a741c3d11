import LonghaulHTTP
import LonghaulTestSupport
import Testing

@Suite("HTTP server: requests it refuses")
struct HTTPServerFaultTests {
    /// A request and the status of its answer, with a name for the list of tests.
    struct Case: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var text: String
        var status = 0

        init(_ name: String, _ text: String, _ status: Int = 0) {
            testDescription = name
            self.text = text
            self.status = status
        }
    }

    /// A header whose last line is `Host`.
    private static let host = " HTTP/1.1\r\nHost: h\r\n"

    @Test(
        "a fault is answered by the hook's response",
        arguments: [
            Case("NUL", "GET /a%00b" + host + "\r\n", 400),
            Case("no hexadecimal digits", "GET /a%zz" + host + "\r\n", 400),
            Case("percent at the end", "GET /a%" + host + "\r\n", 400),
            Case("path not UTF-8", "GET /%ff" + host + "\r\n", 400),
            Case("query not UTF-8", "GET /?q=%fe" + host + "\r\n", 400),
            Case("control character", "GET /a\u{1}b" + host + "\r\n", 400),
            Case("no slash", "GET a" + host + "\r\n", 400),
            Case("no host", "GET / HTTP/1.1\r\n\r\n", 400),
            Case("two hosts", "GET /" + host + "Host: b\r\n\r\n", 400),
            Case("two lengths", "POST /" + host + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
            Case(
                "length and chunks",
                "POST /" + host + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
            Case("unknown encoding", "POST /" + host + "Transfer-Encoding: gzip\r\n\r\n", 501),
            Case("body too long", "POST /" + host + "Content-Length: 1001\r\n\r\n", 413),
            Case("target too long", "GET /" + String(repeating: "a", count: 9_000) + host + "\r\n", 414),
            Case(
                "header too long",
                "GET /" + host + "X: " + String(repeating: "a", count: 40_000) + "\r\n\r\n",
                431),
        ])
    func refused(request: Case) async throws {
        try await withServer({ $0.maxBodyBytes = { _ in 1_000 } }, handler: echo) { address in
            let response = try await response(from: address, request.text)
            #expect(response.status == request.status)
            #expect(response.text.hasPrefix("fault \(request.status): "))
        }
    }

    /// libmicrohttpd answers these itself, or closes the connection. The server continues to work.
    @Test(
        "what is no HTTP is refused without the hook",
        arguments: [
            Case("method alone", "GET\r\n\r\n"), Case("version", "GET / HTTP/9.9\r\nHost: h\r\n\r\n"),
            Case("control characters", "\u{0}\u{1}\u{2}\u{3}\r\n\r\n"), Case("a word", "hello\n\n"),
            Case("field without colon", "GET / HTTP/1.1\r\nno colon\r\n\r\n"),
            Case("broken chunk", "POST /" + host + "Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
            Case("length no number", "POST /" + host + "Content-Length: many\r\n\r\n"),
            Case(
                "endless header",
                "GET /" + host
                    + String(repeating: "X: " + String(repeating: "a", count: 900) + "\r\n", count: 200)),
        ])
    func garbage(request: Case) async throws {
        try await withServer(handler: echo) { address in
            let answer = try await onThread {
                let client = try RawClient(address.port)
                try? client.send(request.text)
                client.finishSending()
                return String(decoding: try client.rest(), as: UTF8.self)
            }
            #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 4") || answer.hasPrefix("HTTP/1.1 5"))
            #expect(try await response(from: address, "GET /" + Self.host + "\r\n").status == 200)
        }
    }

    @Test("random bytes do not break the server")
    func noise() async throws {
        try await withServer(handler: echo) { address in
            try await onThread {
                var random: UInt64 = 88_172_645_463_325_252
                for _ in 0..<50 {
                    let bytes = (0..<2_000).map { _ in
                        random ^= random << 13
                        random ^= random >> 7
                        random ^= random << 17
                        return UInt8(truncatingIfNeeded: random)
                    }
                    let client = try RawClient(address.port)
                    try? client.send(bytes)
                    client.finishSending()
                    _ = try client.rest()
                }
            }
            #expect(try await response(from: address, "GET / HTTP/1.1\r\nHost: h\r\n\r\n").status == 200)
        }
    }

    @Test("an incomplete request reaches no handler, or its body throws an error")
    func truncated() async throws {
        let seen = Recorder<String>()
        let handler: @Sendable (HTTPRequest) async -> HTTPResponse = { request in
            do {
                seen.add("\(try await request.body.collect(upTo: 1 << 20).count)")
            } catch {
                seen.add("\(error)")
            }
            return .text(200, "")
        }
        try await withServer(handler: handler) { address in
            let head = "POST / HTTP/1.1\r\nHost: h\r\n"
            for text in [head, head + "Content-Length: 10\r\n\r\nabc"] {
                try await onThread {
                    let client = try RawClient(address.port)
                    try client.send(text)
                    client.finishSending()
                    #expect(try client.rest().isEmpty)
                }
            }
            #expect(seen.values.isEmpty)
            let chunked = head + "Transfer-Encoding: chunked\r\n\r\n5\r\nabc"
            try await onThread {
                let client = try RawClient(address.port)
                try client.send(chunked)
                client.finishSending()
                #expect(try client.rest().isEmpty)
            }
            try await seen.wait(for: "the handler ends") { $0 == ["disconnected"] }
        }
    }

    @Test("a chunked body over the limit is answered 413 before its end")
    func chunkedOverLimit() async throws {
        try await withServer({ $0.maxBodyBytes = { _ in 100_000 } }, handler: echo) { address in
            let response = try await onThread {
                let client = try RawClient(address.port)
                try client.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
                let chunk = "8000\r\n" + String(repeating: "a", count: 0x8000) + "\r\n"
                for _ in 0..<8 { try? client.send(chunk) }
                return try client.response()
            }
            #expect(response.status == 413)
            #expect(response.headers["connection"] == "close")
            #expect(response.text == "fault 413: The body is longer than 100000 bytes.")
        }
    }

    @Test("a client that sends a rejected body completely can read the answer")
    func refusedBodyIsPassedOver() async throws {
        try await withServer({ $0.maxBodyBytes = { _ in 1_000 } }, handler: echo) { address in
            let response = try await onThread {
                let client = try RawClient(address.port)
                try client.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 4000000\r\n\r\n")
                try client.send([UInt8](repeating: 0, count: 4_000_000))
                return try client.response()
            }
            #expect(response.status == 413)
        }
    }

    @Test("a handler may answer without reading a large body")
    func answerBeforeBody() async throws {
        let handler: @Sendable (HTTPRequest) async -> HTTPResponse = { request in
            if request.path == "/some" { _ = try? await request.body.next() }
            return .text(401, "no")
        }
        try await withServer(handler: handler) { address in
            for path in ["/none", "/some"] {
                let response = try await onThread {
                    let client = try RawClient(address.port)
                    try client.send("PUT \(path) HTTP/1.1\r\nHost: h\r\nContent-Length: 4000000\r\n\r\n")
                    try client.send([UInt8](repeating: 0, count: 4_000_000))
                    return try client.response()
                }
                #expect(response.status == 401)
                #expect(response.headers["connection"] == "close")
            }
        }
    }

    @Test("if the hook's answer cannot be sent, the status is kept")
    func unusableHook() async throws {
        let hook: @Sendable (Int, String) -> HTTPResponse = { status, _ in
            HTTPResponse(status: status, headers: ["X": "a\nb"], body: .stream { try await $0.write("x") })
        }
        let handler: @Sendable (HTTPRequest) async -> HTTPResponse = { _ in
            HTTPResponse(status: 200, body: .file(path: "/does/not/exist"))
        }
        try await withServer({ $0.errorResponse = hook }, handler: handler) { address in
            for (path, status) in [("/", 500), ("/%00", 400)] {
                let response = try await response(from: address, "GET \(path)" + Self.host + "\r\n")
                #expect(response.status == status)
                #expect(response.body.isEmpty)
            }
        }
    }

    @Test("slow clients are disconnected")
    func slow() async throws {
        let configure: (inout HTTPServerConfiguration) -> Void = {
            $0.headerTimeout = .milliseconds(200)
            $0.bodyTimeout = .milliseconds(200)
            $0.idleTimeout = .milliseconds(200)
        }
        let head = "POST / HTTP/1.1\r\nHost: h\r\n"
        let cases = [
            ("", ""), ("GET /", ""), (head, "HTTP/1.1 408"),
            (head + "Content-Length: 5\r\n\r\nab", "HTTP/1.1 408"),
            (head + "Content-Length: 100000\r\n\r\nab", "HTTP/1.1 408"),
            (head + "Transfer-Encoding: chunked\r\n\r\n5\r\nab", "HTTP/1.1 408"),
            (head + "Content-Length: 0\r\n\r\n", "HTTP/1.1 200"),
        ]
        try await withServer(configure, handler: echo) { address in
            for (sent, start) in cases {
                let answer = try await onThread {
                    let client = try RawClient(address.port)
                    try client.send(sent)
                    return String(decoding: try client.rest(), as: UTF8.self)
                }
                #expect(start.isEmpty ? answer.isEmpty : answer.hasPrefix(start), "\(sent)")
            }
        }
    }
}
