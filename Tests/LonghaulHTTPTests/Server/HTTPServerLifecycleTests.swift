import LonghaulConcurrency
import LonghaulHTTP
import LonghaulTestSupport
import Testing

@Suite("HTTP server: start and stop")
struct HTTPServerLifecycleTests {
    private static let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"

    private func server(
        _ configuration: HTTPServerConfiguration = HTTPServerConfiguration(),
        _ handler: @escaping @Sendable (HTTPRequest) async -> HTTPResponse = echo
    ) -> HTTPServer {
        HTTPServer(configuration: configuration, handler: handler)
    }

    @Test("port 0 selects a free port for each server")
    func freePort() async throws {
        try await withServer(handler: echo) { first in
            try await withServer(handler: echo) { second in
                #expect(first.port != 0)
                #expect(first.port != second.port)
                #expect(first.url == "http://127.0.0.1:\(first.port)")
                let response = try await response(from: second, Self.get)
                #expect(response.status == 200)
            }
        }
    }

    @Test("a port is in use until its server has stopped")
    func portInUse() async throws {
        // A port below the range of outgoing connections, so that no connection takes it in between.
        var port: UInt16 = 21_000
        var first = server(HTTPServerConfiguration(port: port))
        while (try? first.start()) == nil, port < 21_200 {
            port += 1
            first = server(HTTPServerConfiguration(port: port))
        }
        let configuration = HTTPServerConfiguration(port: port)
        let error = #expect(throws: HTTPServerError.self) { try server(configuration).start() }
        #expect(error?.code == .addressInUse)
        #expect(error?.detail.contains("127.0.0.1:\(port)") == true)
        await first.shutdown(grace: .seconds(5))

        let next = server(configuration)
        let address = try next.start()
        #expect(address.port == port)
        let response = try await response(from: address, Self.get)
        #expect(response.status == 200)
        await next.shutdown(grace: .seconds(5))
    }

    @Test("a host that is not an address of this machine is rejected")
    func badHost() {
        for host in ["192.0.2.1", "no such host"] {
            let error = #expect(throws: HTTPServerError.self) {
                try server(HTTPServerConfiguration(host: host)).start()
            }
            #expect(error?.code == .badAddress)
        }
    }

    @Test("the server listens on IPv6")
    func version6() async throws {
        let server = server(HTTPServerConfiguration(host: "::1"))
        #expect(try server.start().url.hasPrefix("http://[::1]:"))
        await server.shutdown(grace: .zero)
    }

    @Test("a server can be stopped before, during and after its start, and twice")
    func anyOrder() async throws {
        let never = server()
        await never.shutdown(grace: .zero)
        #expect(throws: HTTPServerError.self) { try never.start() }

        let twice = server()
        _ = try twice.start()
        #expect(throws: HTTPServerError.self) { try twice.start() }
        async let one: Void = twice.shutdown(grace: .seconds(5))
        async let other: Void = twice.shutdown(grace: .seconds(5))
        _ = await (one, other)
        await twice.shutdown(grace: .seconds(5))

        for _ in 0..<20 {
            let raced = server()
            async let stopped: Void = raced.shutdown(grace: .zero)
            let address = try? raced.start()
            await stopped
            await raced.shutdown(grace: .zero)
            guard let address else { continue }
            try await eventually("the port is closed") { (try? RawClient(address.port)) == nil }
        }
    }

    @Test("a released server stops listening")
    func forgotten() async throws {
        let address = try server().start()
        try await eventually("the port is closed") { (try? RawClient(address.port)) == nil }
    }

    @Test("a stop lets requests finish, ends long polls and idle connections, and accepts no connections")
    func graceful() async throws {
        let configuration = HTTPServerConfiguration()
        let (seen, gate) = (Recorder<String>(), Event<Void>())
        let server = server(configuration) { request in
            seen.add(request.path)
            if request.path == "/work" { await gate.wait() }
            if request.path == "/poll" { await configuration.shutdownSignal.wait() }
            return .text(200, "done")
        }
        let address = try server.start()
        let (idle, work, poll) = try await onThread {
            let idle = try RawClient(address.port)
            try idle.send(Self.get)
            #expect(try idle.response().status == 200)
            let work = try RawClient(address.port)
            try work.send("GET /work HTTP/1.1\r\nHost: h\r\n\r\n")
            let poll = try RawClient(address.port)
            try poll.send("GET /poll HTTP/1.1\r\nHost: h\r\n\r\n")
            return (idle, work, poll)
        }
        try await seen.wait(for: "three handlers run") { $0.count == 3 }
        async let stopped: Void = server.shutdown(grace: .seconds(15))
        try await onThread {
            #expect(try idle.rest().isEmpty)
            let polled = try poll.response()
            #expect(polled.text == "done")
            #expect(polled.headers["connection"] == "close")
        }
        try await eventually("the port is closed") { (try? RawClient(address.port)) == nil }
        #expect(configuration.shutdownSignal.isShuttingDown)
        gate.fire()
        #expect(try await onThread { try work.response().text } == "done")
        await stopped
    }

    @Test("after the grace period all connections are closed, even if a handler ignores its cancellation")
    func cutOff() async throws {
        let (seen, gate) = (Recorder<Bool>(), Event<Void>())
        let server = server { _ in
            seen.add(false)
            await gate.wait()
            seen.add(Task.isCancelled)
            return .text(200, "late")
        }
        let address = try server.start()
        let client = try await onThread {
            let client = try RawClient(address.port)
            try client.send(Self.get)
            return client
        }
        try await seen.wait(for: "the handler runs") { $0 == [false] }
        await server.shutdown(grace: .milliseconds(10))
        #expect(try await onThread { try client.rest().isEmpty })
        gate.fire()
        try await seen.wait(for: "the handler ends") { $0 == [false, true] }
    }

    @Test("a stop without a grace period is safe while requests arrive")
    func stopUnderLoad() async throws {
        for _ in 0..<20 {
            let server = server()
            let address = try server.start()
            let clients = (0..<4).map { _ in
                Task {
                    try await onThread {
                        let client = try RawClient(address.port)
                        while (try? client.send(Self.get)) != nil, (try? client.response()) != nil {}
                    }
                }
            }
            _ = try await response(from: address, Self.get)
            await server.shutdown(grace: .zero)
            for client in clients { _ = await client.result }
        }
    }
}
