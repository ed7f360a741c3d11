import Foundation
import Glibc
import LonghaulConcurrency
import LonghaulTestSupport
import Synchronization
import Testing

@testable import LonghaulHTTP

/// The client, with a server of the tests.
@Suite("HTTP client")
struct HTTPClientTests {
    /// Runs a body with a client, and shuts the client down.
    private func withClient<Result>(
        _ configuration: HTTPClientConfiguration = HTTPClientConfiguration(),
        _ body: (HTTPClient) async throws -> Result
    ) async throws -> Result {
        let client = HTTPClient(configuration: configuration)
        do {
            let result = try await body(client)
            await client.shutdown()
            return result
        } catch {
            await client.shutdown()
            throw error
        }
    }

    /// The code of the client's error; nil if there was none.
    private func fault(_ body: () async throws -> Void) async -> HTTPClientError.Code? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? HTTPClientError)?.code
        }
    }

    @Test("bodies of every kind arrive as they were sent")
    func sendsBodies() async throws {
        let folder = try TemporaryFolder()
        let file = folder.file("body")
        try Data("from a file".utf8).write(to: URL(filePath: file))
        try await withServer(handler: echo) { address in
            try await withClient { client in
                func answer(_ body: HTTPClientRequest.Body) async throws -> String {
                    let response = try await client.send(
                        HTTPClientRequest(method: "PUT", url: address.url + "/a%20b", body: body))
                    #expect(response.status == 200)
                    return String(decoding: response.body, as: UTF8.self)
                }
                #expect(try await answer(.none) == "PUT /a b ")
                #expect(try await answer(.bytes(Array("bytes".utf8))) == "PUT /a b bytes")
                #expect(try await answer(.file(path: file)) == "PUT /a b from a file")
                for length in [nil, Int64(6)] {
                    let pieces = Mutex(["one", "two"].map { Array($0.utf8) }[...])
                    let produced = try await answer(
                        .stream(length: length) { pieces.withLock { $0.popFirst() } })
                    #expect(produced == "PUT /a b onetwo")
                }
            }
        }
    }

    @Test("a large body arrives as fast as it is read")
    func streams() async throws {
        let size = 40 << 20
        let written = Atomic(0)
        let handler: @Sendable (HTTPRequest) async -> HTTPResponse = { _ in
            HTTPResponse(
                status: 200,
                body: .stream { writer in
                    let piece = [UInt8](repeating: 7, count: 64 << 10)
                    for _ in 0..<size / piece.count {
                        try await writer.write(piece)
                        written.add(piece.count, ordering: .relaxed)
                    }
                })
        }
        try await withServer(handler: handler) { address in
            try await withClient { client in
                let response = try await client.stream(HTTPClientRequest(url: address.url + "/"))
                var iterator = response.body.makeAsyncIterator()
                var count = try await iterator.next()?.count ?? 0
                // While the client reads nothing, the server can only fill the buffers between them.
                var before = -1
                while written.load(ordering: .relaxed) != before {
                    before = written.load(ordering: .relaxed)
                    try await Task.sleep(for: .milliseconds(200))
                }
                #expect(before < size)
                while let bytes = try await iterator.next() { count += bytes.count }
                #expect(count == size)
            }
        }
    }

    @Test("a download creates a complete file or none")
    func downloads() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("got")
        let handler: @Sendable (HTTPRequest) async -> HTTPResponse = { request in
            switch request.path {
            case "/whole": return .text(200, "all of it")
            case "/cut":
                return HTTPResponse(
                    status: 200,
                    body: .stream { writer in
                        try await writer.write(Array("a part".utf8))
                        throw CancellationError()
                    })
            default: return .text(404, "nothing here")
            }
        }
        try await withServer(handler: handler) { address in
            try await withClient { client in
                func download(_ place: String) async throws -> HTTPClientResponse {
                    try await client.download(HTTPClientRequest(url: address.url + place), to: path)
                }
                #expect(await fault { _ = try await download("/cut") } == .connectionLost)
                #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
                let missing = try await download("/none")
                #expect(missing.status == 404)
                #expect(String(decoding: missing.body, as: UTF8.self) == "nothing here")
                #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
                #expect(try await download("/whole").status == 200)
                #expect(try String(contentsOfFile: path, encoding: .utf8) == "all of it")
                #expect(await fault { _ = try await download("/cut") } == .connectionLost)
                #expect(try String(contentsOfFile: path, encoding: .utf8) == "all of it")
            }
        }
    }

    @Test("each type of failure has its code")
    func fails() async throws {
        let gate = Event<Void>()
        let handler: @Sendable (HTTPRequest) async -> HTTPResponse = { request in
            if request.path == "/held" { await gate.wait() }
            return .text(200, String(repeating: "x", count: 1000))
        }
        try await withServer(handler: handler) { address in
            try await withClient { client in
                func code(
                    _ url: String, maxBytes: Int = 1 << 20,
                    _ change: (inout HTTPClientRequest) -> Void = { _ in }
                ) async -> HTTPClientError.Code? {
                    var request = HTTPClientRequest(url: url)
                    change(&request)
                    return await fault { _ = try await client.send(request, maxBytes: maxBytes) }
                }
                #expect(await code("nonsense") == .invalidURL)
                #expect(await code("ftp://127.0.0.1/") == .invalidURL)
                #expect(await code("http://127.0.0.1:1/") == .cannotConnect)
                #expect(await code("http://name.invalid/") == .cannotResolve)
                #expect(await code(address.url + "/", maxBytes: 999) == .tooLarge)
                #expect(await code(address.url + "/held") { $0.timeout = .milliseconds(200) } == .timedOut)
                #expect(
                    await code(address.url + "/held") { $0.stallTimeout = .milliseconds(200) } == .timedOut)
                #expect(await code(address.url + "/") { $0.method = "GE T" } == .invalidRequest)
                #expect(await code(address.url + "/") { $0.headers["A"] = "b\r\nC: d" } == .invalidRequest)
                #expect(
                    await code(address.url + "/") { $0.headers["Content-Length"] = "5" } == .invalidRequest)
                #expect(
                    await code(address.url + "/") {
                        $0.method = "PUT"
                        $0.body = .file(path: "/nowhere/at/all")
                    } == .localIO)
                let held = Task { await code(address.url + "/held") }
                held.cancel()
                #expect(await held.value == .cancelled)
            }
            gate.fire()
        }
    }

    @Test("a shutdown ends all requests, and later ones fail")
    func shutsDown() async throws {
        let gate = Event<Void>()
        let arrived = Event<Void>()
        let handler: @Sendable (HTTPRequest) async -> HTTPResponse = { _ in
            arrived.fire()
            await gate.wait()
            return .text(200, "late")
        }
        try await withServer(handler: handler) { address in
            let client = HTTPClient()
            let held = Task {
                await fault { _ = try await client.send(HTTPClientRequest(url: address.url + "/")) }
            }
            await arrived.wait()
            await client.shutdown()
            #expect(await held.value == .closed)
            #expect(
                await fault { _ = try await client.send(HTTPClientRequest(url: address.url + "/")) }
                    == .closed)
            await client.shutdown()
            gate.fire()
        }
    }

    /// Serves two connections. Closes the first one in place of its second answer.
    private static func serveClosing(_ listener: Int32, _ requests: Recorder<Int>) {
        for connection in 1...2 {
            let socket = accept(listener, nil, nil)
            guard socket >= 0 else { return }
            defer { close(socket) }
            for number in 1...2 {
                var head: [UInt8] = []
                var byte: UInt8 = 0
                while !head.suffix(4).elementsEqual("\r\n\r\n".utf8), recv(socket, &byte, 1, 0) == 1 {
                    head.append(byte)
                }
                if head.isEmpty { break }
                requests.add(connection)
                if connection == 1, number == 2 { break }
                let answer = Array("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".utf8)
                send(socket, answer, answer.count, Int32(MSG_NOSIGNAL))
            }
        }
    }

    @Test(
        "a request whose connection is lost is repeated, unless it may have an effect",
        arguments: ["GET", "POST"])
    func repeatsOnlyIdempotentRequests(method: String) async throws {
        let opened = try TCPSocket.open(host: "127.0.0.1", port: 0, count: 1)
        let listener = opened.sockets[0]
        _ = fcntl(listener, F_SETFL, 0)  // `accept` must block.
        let requests = Recorder<Int>()
        async let serving: Void = onThread { Self.serveClosing(listener, requests) }
        try await withClient { client in
            let request = HTTPClientRequest(method: method, url: "http://127.0.0.1:\(opened.port)/")
            #expect(try await client.send(request).status == 200)
            if method == "GET" {
                #expect(try await client.send(request).status == 200)
            } else {
                do {
                    _ = try await client.send(request)
                    Issue.record("the request was repeated")
                } catch let error as HTTPClientError {
                    #expect(error.code == .connectionLost)
                    #expect(error.mayHaveBeenSent)
                }
            }
        }
        shutdown(listener, Int32(SHUT_RDWR))
        try await serving
        close(listener)
        #expect(requests.values == (method == "GET" ? [1, 1, 2] : [1, 1]))
    }

    @Test("a closed pooled connection is replaced")
    func replacesDeadConnections() async throws {
        try await withClient { client in
            var port: UInt16 = 0
            for method in ["GET", "POST"] {
                let served = Recorder<String>()
                let handler: @Sendable (HTTPRequest) async -> HTTPResponse = { request in
                    served.add(request.method)
                    return .text(200, "ok")
                }
                // The second server replaces the first one, so the client's pooled connection is closed. No other test uses
                // its address, and so none takes the port in between.
                for _ in 0..<2 {
                    try await withServer(
                        { $0.endpoints = [.tcp(host: "127.77.0.1", port: port)] }, handler: handler
                    ) { address in
                        port = address.port
                        let response = try await client.send(
                            HTTPClientRequest(method: method, url: address.url + "/"))
                        #expect(response.status == 200)
                    }
                }
                #expect(served.values == [method, method])
            }
        }
    }

    @Test("redirects are followed only on request")
    func followsRedirects() async throws {
        let handler: @Sendable (HTTPRequest) async -> HTTPResponse = { request in
            request.path == "/there"
                ? .text(200, "there") : HTTPResponse(status: 303, headers: ["Location": "/there"])
        }
        try await withServer(handler: handler) { address in
            try await withClient { client in
                var request = HTTPClientRequest(url: address.url + "/here")
                #expect(try await client.send(request).status == 303)
                request.followRedirects = true
                let followed = try await client.send(request)
                #expect(String(decoding: followed.body, as: UTF8.self) == "there")
            }
        }
    }
}
