import LonghaulHTTP
import LonghaulTestSupport
import Testing

@Suite("HTTP server: requests and responses")
struct HTTPServerTests {
    @Test("a connection serves one request after another")
    func keepAlive() async throws {
        try await withServer(handler: echo) { address in
            try await onThread {
                let client = try RawClient(address.port)
                for round in 0..<5 {
                    try client.send(
                        "POST /a%20b/\(round) HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello")
                    let response = try client.response()
                    #expect(response.status == 200)
                    #expect(response.text == "POST /a b/\(round) hello")
                    #expect(response.headers["date"]?.hasSuffix("GMT") == true)
                }
            }
        }
    }

    @Test("pipelined requests are answered in order")
    func pipelining() async throws {
        try await withServer(handler: echo) { address in
            try await onThread {
                let client = try RawClient(address.port)
                let requests = (0..<20).map {
                    $0.isMultiple(of: 2)
                        ? "GET /\($0) HTTP/1.1\r\nHost: h\r\n\r\n"
                        : "POST /\($0) HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nxy"
                }
                try client.send(requests.joined())
                for number in 0..<20 {
                    let text = try client.response().text
                    #expect(text == (number.isMultiple(of: 2) ? "GET /\(number) " : "POST /\(number) xy"))
                }
            }
        }
    }

    @Test("a chunked body is decoded, and the connection is closed")
    func chunkedBody() async throws {
        try await withServer(handler: echo) { address in
            try await onThread {
                let chunked = "POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                let pieces = [String](repeating: "1\r\nz\r\n", count: 10)
                for (parts, body) in [
                    (["3\r\nabc\r\n5\r\ndefgh\r\n0\r\nTrailer: t\r\n\r\n"], "abcdefgh"),
                    (["0\r\n\r\n"], ""),
                    // Each send has one piece, so that the body arrives in many parts.
                    (pieces + ["0\r\n\r\n"], "zzzzzzzzzz"),
                ] {
                    let client = try RawClient(address.port)
                    try client.send(chunked)
                    for part in parts { try client.send(part) }
                    let response = try client.response()
                    #expect(response.text == "POST /c " + body)
                    #expect(response.headers["connection"] == "close")
                    #expect(try client.rest().isEmpty)
                }
            }
        }
    }

    @Test("HEAD is answered with the header fields of GET and without a body")
    func head() async throws {
        var router = HTTPRouter()
        router.on("GET", "/text") { _, _ in .text(200, "four") }
        router.on("GET", "/stream") { _, _ in
            HTTPResponse(status: 200, body: .stream { try await $0.write("x") })
        }
        try await withServer(handler: { [router] in await router.handle($0) }) { address in
            try await onThread {
                let client = try RawClient(address.port)
                try client.send("HEAD /text HTTP/1.1\r\nHost: h\r\n\r\n")
                let response = try client.response(toHead: true)
                #expect(response.status == 200)
                #expect(response.headers["content-length"] == "4")
                // There are no bytes of a body before the next response.
                try client.send("GET /text HTTP/1.1\r\nHost: h\r\n\r\n")
                #expect(try client.response().text == "four")
                try client.send("HEAD /stream HTTP/1.1\r\nHost: h\r\n\r\n")
                let stream = try client.response(toHead: true)
                #expect(stream.status == 200)
                #expect(stream.headers["content-length"] == nil)
                #expect(try client.rest().isEmpty)
            }
        }
    }

    @Test("routes that do not match are answered 404, 405 with Allow, and OPTIONS 204 with Allow")
    func unrouted() async throws {
        var router = HTTPRouter()
        router.on("POST", "/v1/jobs/{id}/cancel") { _, parameters in .text(200, parameters["id"]) }
        try await withServer(handler: { [router] in await router.handle($0) }) { address in
            let path = "/v1/jobs/a%2Fb/cancel HTTP/1.1\r\nHost: h\r\n\r\n"
            #expect(try await response(from: address, "POST " + path).text == "a/b")
            let refused = try await response(from: address, "DELETE " + path)
            #expect(refused.status == 405)
            #expect(refused.headers["allow"] == "OPTIONS, POST")
            let options = try await response(from: address, "OPTIONS " + path)
            #expect(options.status == 204)
            #expect(options.headers["allow"] == "OPTIONS, POST")
            #expect(try await response(from: address, "GET /v1 HTTP/1.1\r\nHost: h\r\n\r\n").status == 404)
        }
    }

    @Test(
        "a client that expects 100-continue gets it before it sends the body, but not when the request is rejected"
    )
    func expectContinue() async throws {
        try await withServer({ $0.maxBodyBytes = { _ in 100_000 } }, handler: echo) { address in
            try await onThread {
                for length in [5, 90_000] {
                    let client = try RawClient(address.port)
                    let head =
                        "PUT /e HTTP/1.1\r\nHost: h\r\nContent-Length: \(length)\r\nExpect: 100-continue\r\n\r\n"
                    try client.send(head)
                    #expect(try client.head().status == 100)
                    try client.send([UInt8](repeating: 97, count: length))
                    #expect(try client.response().body.count == 7 + length)
                }
                let refused = try RawClient(address.port)
                try refused.send(
                    "PUT /e HTTP/1.1\r\nHost: h\r\nContent-Length: 200000\r\nExpect: 100-continue\r\n\r\n")
                #expect(try refused.head().status == 413)
            }
        }
    }

    @Test("the handler receives all parts of a request")
    func request() async throws {
        let handler: @Sendable (HTTPRequest) async -> HTTPResponse = { request in
            let query = request.query.items.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
            let tags = request.headers.values("X-TAG").joined(separator: ",")
            let address = request.remoteAddress ?? "-"
            return .text(200, "\(request.segments) \(query) \(tags) \(address) \(request.isSecure)")
        }
        try await withServer(handler: handler) { address in
            let text =
                "GET /a/..//%C3%BC?x=1&x=a+b%26&y HTTP/1.1\r\nHost: h\r\nX-Tag: 1\r\nx-tag:  2 \r\n\r\n"
            let expected = "[\"a\", \"..\", \"\", \"ü\"] x=1,x=a b&,y= 1,2 127.0.0.1 false"
            let relative = try await response(from: address, text)
            #expect(relative.text == expected)
            let absolute = "GET http://h:1/p?q=1 HTTP/1.1\r\nHost: h\r\n\r\n"
            #expect(try await response(from: address, absolute).text == "[\"p\"] q=1  127.0.0.1 false")
        }
    }

    @Test("a header value with a line break is not sent")
    func responseSplitting() async throws {
        let handler: @Sendable (HTTPRequest) async -> HTTPResponse = { request in
            HTTPResponse(status: 200, headers: ["X-Echo": request.query.first("v") ?? ""])
        }
        try await withServer(handler: handler) { address in
            let fine = try await response(from: address, "GET /?v=a%20b HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(fine.headers["x-echo"] == "a b")
            let split = "GET /?v=a%0D%0ASet-Cookie:%20b HTTP/1.1\r\nHost: h\r\n\r\n"
            let refused = try await response(from: address, split)
            #expect(refused.status == 500)
            #expect(refused.headers["set-cookie"] == nil)
        }
    }
}
