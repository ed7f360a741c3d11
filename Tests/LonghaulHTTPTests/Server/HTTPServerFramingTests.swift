import Foundation
import LonghaulHTTP
import LonghaulTestSupport
import Testing

/// Requests that two servers could delimit differently. All of them are rejected, and no later bytes are read.
@Suite("HTTP server: framing")
struct HTTPServerFramingTests {
    private static let next = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"

    private static func post(_ fields: String, _ body: String = "") -> String {
        "POST / HTTP/1.1\r\nHost: h\r\n\(fields)\r\n\(body)"
    }

    static let corpus = [
        post("Content-Length : 33\r\n"), post("Content-Length\t: 33\r\n"), post("Content-Length:\r\n 33\r\n"),
        post("X: a\r\n b\r\n"), post("X: a\rContent-Length: 33\r\n"), post("X: a\u{0}b\r\n"),
        post("X\u{0}: a\r\n"),
        post("X: a\u{1}\r\n"), post("X\u{1}: a\r\n"), post("X: a\u{7F}\r\n"), post("X(y): a\r\n"),
        post(": a\r\n"),
        post("X: a\n"), post("X: a\n\r\n"), post("X: a\r\n\n"), post("X: a\r\r\n"),
        post("Content-Length: 3\r\nContent-Length: 3\r\n", "abc"), post("Content-Length: 3, 3\r\n", "abc"),
        post("Content-Length: +3\r\n", "abc"), post("Content-Length: 0x3\r\n", "abc"),
        post("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
        post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"),
        post("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"),
        post("Transfer-Encoding: chunked\u{B}\r\n", "0\r\n\r\n"),
        post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
        post("Transfer-Encoding: chunked\r\n", "3;x=y\r\nabc\r\n0\r\n\r\n"),
        post("Transfer-Encoding: chunked\r\n", "3\nabc\r\n0\r\n\r\n"),
        post("Transfer-Encoding: chunked\r\n", "3\r\nabc\n3\r\nabc\r\n0\r\n\r\n"),
        post("Transfer-Encoding: chunked\r\n", "3 \r\nabc\r\n0\r\n\r\n"),
        post("Transfer-Encoding: chunked\r\n", "-3\r\nabc\r\n0\r\n\r\n"),
        post("Transfer-Encoding: chunked\r\n", "fffffffffffffffff\r\nabc\r\n0\r\n\r\n"),
        "POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "GET /a\u{0}b HTTP/1.1\r\nHost: h\r\n\r\n", "GE\u{0}T / HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET  / HTTP/1.1\r\nHost: h\r\n\r\n", "GET / HTTP/1.1 \r\nHost: h\r\n\r\n",
        "GET / HTTP/1.1\nHost: h\r\n\r\n",
        "G(T / HTTP/1.1\r\nHost: h\r\n\r\n",
    ]

    @Test(
        "a request that can be read in two ways is answered once, and the connection closes",
        arguments: corpus)
    func ambiguous(request: String) async throws {
        let seen = Recorder<String>()
        let handler: @Sendable (HTTPRequest) async -> HTTPResponse = { request in
            seen.add(request.path)
            return await echo(request)
        }
        try await withServer(handler: handler) { address in
            let answer = try await onThread {
                let client = try RawClient(address.port)
                try? client.send(request + Self.next)
                return String(decoding: try client.rest(), as: UTF8.self)
            }
            #expect(answer.components(separatedBy: "HTTP/1.1 ").count <= 2, "\(answer)")
            #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 4") || answer.hasPrefix("HTTP/1.1 501"))
            #expect(!seen.values.contains("/smuggled"))
        }
    }

    @Test("a valid chunked body is served, and the connection is closed afterwards")
    func chunked() async throws {
        try await withServer(handler: echo) { address in
            let answer = try await onThread {
                let client = try RawClient(address.port)
                try client.send(
                    Self.post("Transfer-Encoding: Chunked\r\n", "3\r\nabc\r\n00A\r\n0123456789\r\n0\r\n\r\n")
                        + Self.next)
                return String(decoding: try client.rest(), as: UTF8.self)
            }
            #expect(answer.hasPrefix("HTTP/1.1 200") && answer.hasSuffix("POST / abc0123456789"))
        }
    }

    @Test(
        "fields of every legal form are served, on one connection",
        arguments: ["X: ", "X:", "!#$%&'*+-.^_`|~9aZ: \u{9}v\u{9} "])
    func legal(field: String) async throws {
        try await withServer(handler: echo) { address in
            try await onThread {
                let client = try RawClient(address.port)
                for round in 0..<3 {
                    try client.send(Self.post("\(field)\r\nContent-Length: 3\r\n", "ab\(round)"))
                    #expect(try client.response().text == "POST / ab\(round)")
                }
            }
        }
    }

    @Test("the hook creates the answers for which libmicrohttpd would send HTML")
    func libraryAnswers() async throws {
        for (request, status) in [
            ("GET / HTTP/9.9\r\nHost: h\r\n\r\n", 505), ("GET / HTTP/1\r\nHost: h\r\n\r\n", 400),
            (Self.post("no colon\r\n"), 400), (Self.post("Content-Length: many\r\n"), 400),
        ] {
            try await withServer(handler: echo) { address in
                let answer = try await onThread {
                    let client = try RawClient(address.port)
                    try client.send(request)
                    return String(decoding: try client.rest(), as: UTF8.self)
                }
                #expect(
                    answer.hasPrefix("HTTP/1.1 \(status)") && answer.contains("fault \(status)"), "\(answer)")
            }
        }
    }
}
