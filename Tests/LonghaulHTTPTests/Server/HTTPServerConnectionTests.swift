import Glibc
import LonghaulConcurrency
import LonghaulHTTP
import LonghaulTestSupport
import Synchronization
import Testing

@Suite("HTTP server: connections")
struct HTTPServerConnectionTests {
    private static let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"

    /// With a multiple of 128 ready connections, the event loop of libmicrohttpd stalls.
    @Test("many concurrent connections are served", arguments: [128, 256, 384, 512])
    func many(count: Int) async throws {
        try await withServer(handler: echo) { address in
            let answered = try await onThread {
                let clients = try (0..<count).map { _ in try RawClient(address.port) }
                var answered = 0
                for round in 0..<3 {
                    for client in clients {
                        try client.send("POST /\(round) HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi")
                    }
                    for client in clients where try client.response().text == "POST /\(round) hi" {
                        answered += 1
                    }
                }
                return answered
            }
            #expect(answered == 3 * count)
        }
    }

    @Test("a connection beyond the limit replaces an idle one", arguments: [true, false])
    func eviction(perAddress: Bool) async throws {
        let configure: (inout HTTPServerConfiguration) -> Void = {
            $0.threads = 1
            if perAddress { $0.maxConnectionsPerAddress = 10 } else { $0.maxConnections = 10 }
        }
        try await withServer(configure, handler: echo) { address in
            try await onThread {
                var clients: [RawClient] = []
                for _ in 0..<30 {
                    let client = try RawClient(address.port)
                    try client.send(Self.get)
                    #expect(try client.response().status == 200)
                    clients.append(client)
                }
                // The latest ten connections are open, and all others are closed.
                let closed = clients.dropLast(10).filter { (try? $0.rest().isEmpty) == true }
                #expect(closed.count == 20)
                for client in clients.suffix(10) {
                    try client.send(Self.get)
                    #expect(try client.response().status == 200)
                }
            }
        }
    }

    @Test("an address beyond its limit replaces none of the connections of others")
    func evictionOfAnAddress() async throws {
        let configure: (inout HTTPServerConfiguration) -> Void = {
            $0.threads = 1
            $0.maxConnectionsPerAddress = 3
        }
        try await withServer(configure, handler: echo) { address in
            try await onThread {
                let clients = try ([2] + Array(repeating: UInt32(1), count: 9)).map { host in
                    let client = try RawClient(address.port, host: host)
                    try client.send(Self.get)
                    #expect(try client.response().status == 200)
                    return client
                }
                // The oldest connection is the only one of its address.
                try clients[0].send(Self.get)
                #expect(try clients[0].response().status == 200)
            }
        }
    }

    @Test("without idle connections, requests beyond the limit are answered 503 unless the hook admits them")
    func excess() async throws {
        let (begun, gate) = (Recorder<String>(), Event<Void>())
        let counters = HTTPServerCounters()
        let configure: (inout HTTPServerConfiguration) -> Void = {
            $0.maxConnections = 3
            $0.counters = counters
            $0.admit = { request, grade in
                grade == .ordinary || request.path == "/health" ? nil : .text(503, "full")
            }
        }
        let handler: @Sendable (HTTPRequest) async -> HTTPResponse = { request in
            begun.add(request.path)
            if request.path == "/wait" { await gate.wait() }
            return .text(200, "done")
        }
        try await withServer(configure, handler: handler) { address in
            let clients = try await onThread {
                try (0..<3).map { _ in
                    let client = try RawClient(address.port)
                    try client.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n")
                    return client
                }
            }
            try await begun.wait(for: "three handlers run") { $0.count == 3 }
            #expect(counters.connections == 3)
            try await onThread {
                let refused = try RawClient(address.port)
                try refused.send(Self.get)
                let answer = try refused.response()
                #expect(answer.status == 503 && answer.text == "full")
                #expect(answer.headers["connection"] == "close")
                let health = try RawClient(address.port)
                try health.send("GET /health HTTP/1.1\r\nHost: h\r\n\r\n")
                #expect(try health.response().status == 200)
            }
            gate.fire()
            let statuses = try await onThread { try clients.map { try $0.response().status } }
            #expect(statuses == [200, 200, 200])
        }
    }

    @Test("a handler is cancelled when its client disconnects")
    func disconnect() async throws {
        let events = Recorder<String>()
        let forever = HTTPShutdownSignal()
        let handler: @Sendable (HTTPRequest) async -> HTTPResponse = { _ in
            events.add("begun")
            await forever.wait()
            events.add(Task.isCancelled ? "cancelled" : "went on")
            return .text(200, "")
        }
        try await withServer(handler: handler) { address in
            var client: RawClient? = try await onThread {
                let client = try RawClient(address.port)
                try client.send(Self.get)
                return client
            }
            try await events.wait(for: "the handler runs") { $0 == ["begun"] }
            #expect(client != nil)
            client = nil
            try await events.wait(for: "the handler is cancelled") { $0 == ["begun", "cancelled"] }
        }
    }

    @Test(
        "a stream is cancelled when its client disconnects, whether it waits or writes",
        arguments: [true, false])
    func disconnectedStream(isQuiet: Bool) async throws {
        let ends = Recorder<Bool>()
        let handler: @Sendable (HTTPRequest) async -> HTTPResponse = { _ in
            HTTPResponse(
                status: 200,
                body: .stream { writer in
                    defer { ends.add(Task.isCancelled) }
                    try await writer.write("first")
                    if isQuiet { await HTTPShutdownSignal().wait() }
                    while true { try await writer.write([UInt8](repeating: 1, count: 10_000)) }
                })
        }
        try await withServer(handler: handler) { address in
            try await onThread {
                let client = try RawClient(address.port)
                try client.send(Self.get)
                #expect(try client.head().status == 200)
                #expect(try !client.chunk().isEmpty)
            }
            try await ends.wait(for: "the handler ends") { !$0.isEmpty }
            #expect(!isQuiet || ends.values == [true])
        }
    }

    @Test("a handler whose client disconnects in the middle of the body gets an error")
    func disconnectedBody() async throws {
        let ends = Recorder<String>()
        let handler: @Sendable (HTTPRequest) async -> HTTPResponse = { request in
            do {
                ends.add("\(try await request.body.collect(upTo: 1 << 30).count)")
            } catch {
                ends.add("\(error)")
            }
            return .text(200, "")
        }
        try await withServer(handler: handler) { address in
            try await onThread {
                let client = try RawClient(address.port)
                try client.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n")
                try client.send([UInt8](repeating: 1, count: 400_000))
            }
            try await ends.wait(for: "the handler ends") { !$0.isEmpty }
            #expect(ends.values == ["disconnected"])
        }
    }

    @Test("the server releases an ended connection, even if a child process has its socket open")
    func sharedSocket() async throws {
        let (first, second) = (Event<Void>(), Event<Void>())
        let handler: @Sendable (HTTPRequest) async -> HTTPResponse = { request in
            await (request.path == "/first" ? first : second).wait()
            return .text(200, "done")
        }
        try await withServer({ $0.threads = 1 }, handler: handler) { address in
            let ended = try await busyClients(address, "/first")
            let copies = ended.compactMap { $0.copyServerSocket(of: address.port) }
            #expect(copies.count == ended.count)
            first.fire()
            for client in ended {
                let answer = try await onThread { try client.response() }
                #expect(answer.text == "done")
            }
            // New connections reuse the memory of those that have ended.
            let busy = try await busyClients(address, "/second")
            for client in ended { client.finishSending() }
            try await Task.sleep(for: .milliseconds(500))
            second.fire()
            for client in busy {
                let answer = try await onThread { try client.response() }
                #expect(answer.text == "done")
            }
            for copy in copies { close(copy) }
        }
    }

    /// Clients with handlers that run for more than a tenth of a second. From then on the server watches for the end of
    /// the connection.
    private func busyClients(_ address: HTTPAddress, _ path: String) async throws -> [RawClient] {
        let clients = try await onThread {
            try (0..<64).map { _ in
                let client = try RawClient(address.port)
                try client.send("GET \(path) HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
                return client
            }
        }
        try await Task.sleep(for: .milliseconds(500))
        return clients
    }
}
