import Foundation
import Glibc
import LonghaulConcurrency
import LonghaulHTTP
import LonghaulTestSupport
import Synchronization
import Testing

@Suite("HTTP server: streams and files")
struct HTTPServerStreamTests {
    private static let megabyte = 1024 * 1024

    /// The bytes of a stream at an offset. They differ at each offset, so that a loss is visible.
    private static func pattern(_ offset: Int, _ count: Int) -> [UInt8] {
        (offset..<offset + count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    }

    @Test(
        "50 MiB arrive whole, chunked or not, and are read in pieces of bounded size",
        arguments: [true, false])
    func upload(isChunked: Bool) async throws {
        let total = 50 * Self.megabyte
        let piece = Self.pattern(0, 65_536)
        let largest = Atomic<Int>(0)
        let handler: @Sendable (HTTPRequest) async -> HTTPResponse = { request in
            var count = 0
            do {
                while let bytes = try await request.body.next() {
                    for index in stride(from: 0, to: bytes.count, by: 997)
                    where bytes[index] != piece[(count + index) % piece.count] {
                        return .text(200, "wrong at \(count + index)")
                    }
                    count += bytes.count
                    largest.max(bytes.count, ordering: .relaxed)
                }
            } catch {
                return .text(200, "\(error)")
            }
            return .text(200, "\(count)")
        }
        try await withServer(handler: handler) { address in
            let answer = try await onThread {
                let client = try RawClient(address.port)
                let encoding = isChunked ? "Transfer-Encoding: chunked" : "Content-Length: \(total)"
                try client.send("PUT / HTTP/1.1\r\nHost: h\r\n\(encoding)\r\n\r\n")
                let sent = isChunked ? Array("10000\r\n".utf8) + piece + Array("\r\n".utf8) : piece
                for _ in 0..<total / piece.count { try client.send(sent) }
                if isChunked { try client.send("0\r\n\r\n") }
                return try client.response().text
            }
            #expect(answer == "\(total)")
            #expect(largest.load(ordering: .relaxed) <= 512 * 1024)
        }
    }

    @Test("50 MiB are sent completely, with or without a length", arguments: [true, false])
    func download(hasLength: Bool) async throws {
        let total = 50 * Self.megabyte
        let piece = Self.pattern(0, 65_536)
        let handler: @Sendable (HTTPRequest) async -> HTTPResponse = { _ in
            let length = hasLength ? UInt64(total) : nil
            return HTTPResponse(
                status: 200,
                body: .stream(length: length) { writer in
                    for _ in 0..<total / piece.count { try await writer.write(piece) }
                })
        }
        try await withServer(handler: handler) { address in
            let response = try await response(from: address, "GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(response.headers["content-length"] == (hasLength ? "\(total)" : nil))
            #expect(response.body.count == total)
            let isRight = stride(from: 0, to: total, by: 997).allSatisfy {
                response.body[$0] == piece[$0 % piece.count]
            }
            #expect(isRight)
        }
    }

    @Test("a client cannot send more while the handler does not read")
    func uploadIsHeldBack() async throws {
        let mayRead = Event<Void>()
        let handler: @Sendable (HTTPRequest) async -> HTTPResponse = { request in
            await mayRead.wait()
            var count = 0
            while let bytes = try? await request.body.next() { count += bytes.count }
            return .text(200, "\(count)")
        }
        try await withServer(handler: handler) { address in
            let total = 64 * Self.megabyte
            let answer = try await onThread {
                let client = try RawClient(address.port)
                try client.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: \(total)\r\n\r\n")
                let piece = [UInt8](repeating: 7, count: 65_536)
                let taken = client.sendUntilStalled(piece, atMost: total, timeout: 300)
                // The kernel buffers a few megabytes for both sides.
                #expect(taken < 24 * Self.megabyte)
                mayRead.fire()
                var left = total - taken
                while left > 0 {
                    try client.send(Array(piece.prefix(left)))
                    left -= min(left, piece.count)
                }
                return try client.response().text
            }
            #expect(answer == "\(total)")
        }
    }

    @Test("a stream waits while the client does not read")
    func downloadIsHeldBack() async throws {
        let total = 64 * Self.megabyte
        let written = Mutex(0)
        let handler: @Sendable (HTTPRequest) async -> HTTPResponse = { _ in
            let piece = [UInt8](repeating: 7, count: 65_536)
            return HTTPResponse(
                status: 200,
                body: .stream { writer in
                    for _ in 0..<total / piece.count {
                        try await writer.write(piece)
                        written.withLock { $0 += piece.count }
                    }
                })
        }
        try await withServer(handler: handler) { address in
            let client = try await onThread {
                let client = try RawClient(address.port, receiveBuffer: 65_536)
                try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                return client
            }
            var last = (count: 0, since: ContinuousClock.now)
            try await eventually("the handler stops writing") {
                let count = written.withLock { $0 }
                if count != last.count { last = (count, .now) }
                return count > 0 && ContinuousClock.now - last.since > .milliseconds(300)
            }
            #expect(written.withLock { $0 } < 24 * Self.megabyte)
            #expect(try await onThread { try client.response().body.count } == total)
        }
    }

    @Test("every event is sent at once")
    func events() async throws {
        let (turns, next) = AsyncStream.makeStream(of: Int.self)
        let handler: @Sendable (HTTPRequest) async -> HTTPResponse = { _ in
            HTTPResponse(
                status: 200, headers: ServerSentEvents.headers,
                body: .stream { writer in
                    try await writer.write(ServerSentEvents.heartbeat)
                    for await turn in turns {
                        try await writer.write(ServerSentEvents.text(id: "\(turn)", data: "x"))
                    }
                })
        }
        try await withServer(handler: handler) { address in
            try await onThread {
                let client = try RawClient(address.port)
                try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                #expect(try client.head().headers["content-type"] == "text/event-stream; charset=utf-8")
                #expect(try client.chunk() == Array(":\n\n".utf8))
                // The server writes the next piece only after the client has read the last one.
                for turn in 0..<5 {
                    next.yield(turn)
                    #expect(try client.chunk() == Array("id: \(turn)\ndata: x\n\n".utf8))
                }
                next.finish()
                #expect(try client.chunk().isEmpty)
            }
        }
    }

    @Test("a stream that fails closes the connection, so that the client detects the error")
    func failingStream() async throws {
        let handler: @Sendable (HTTPRequest) async -> HTTPResponse = { _ in
            HTTPResponse(
                status: 200,
                body: .stream { writer in
                    try await writer.write("part")
                    throw HTTPBodyError.readTwice
                })
        }
        try await withServer(handler: handler) { address in
            await #expect(throws: RawClientError.self) {
                try await response(from: address, "GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            }
        }
    }

    @Test("ranges of files are sent")
    func files() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("file")
        let content = Self.pattern(0, 300_000)
        try Data(content).write(to: URL(filePath: path))
        let handler: @Sendable (HTTPRequest) async -> HTTPResponse = { request in
            let offset = request.query.first("offset").flatMap(UInt64.init) ?? 0
            let length = request.query.first("length").flatMap(UInt64.init)
            let name = request.query.first("name") ?? path
            if request.path == "/open" {
                let file = open(name, O_RDONLY | O_CLOEXEC)
                return HTTPResponse(status: 200, body: .descriptor(file, offset: offset, length: length))
            }
            return HTTPResponse(status: 200, body: .file(path: name, offset: offset, length: length))
        }
        try await withServer(handler: handler) { address in
            for (query, range) in [
                ("", 0..<content.count), ("?offset=100000", 100_000..<content.count),
                ("open?offset=7&length=9", 7..<16),
                ("?offset=5&length=70000", 5..<70_005), ("?length=0", 0..<0),
                ("?offset=\(content.count)", 0..<0),
            ] {
                let response = try await response(
                    from: address, "GET /\(query) HTTP/1.1\r\nHost: h\r\n\r\n")
                #expect(response.status == 200)
                #expect(response.body == Array(content[range]))
            }
            for query in ["?offset=1&length=\(content.count)", "?name=/does/not/exist", "?name=/"] {
                let response = try await response(
                    from: address, "GET /\(query) HTTP/1.1\r\nHost: h\r\n\r\n")
                #expect(response.status == 500)
            }
        }
    }
}
