import Foundation
import LonghaulHTTP
import LonghaulTestSupport
import Testing

@Suite("HTTP server: Unix sockets")
struct HTTPServerUnixSocketTests {
    /// Answers with the process at the other end.
    @Sendable private static func peer(_ request: HTTPRequest) async -> HTTPResponse {
        let peer = request.localPeer.map { "\($0.userID) \($0.groupID) \($0.processID)" } ?? "none"
        return .text(200, "\(peer) \(request.isSecure) \(request.remoteAddress ?? "-")")
    }

    private func text(_ path: String?, _ url: String = "http://localhost/") async throws -> String {
        var configuration = HTTPClientConfiguration()
        configuration.socketPath = path
        let client = HTTPClient(configuration: configuration)
        return try await withCleanup {
            await client.shutdown()
        } _: {
            String(decoding: try await client.send(HTTPClientRequest(url: url)).body, as: UTF8.self)
        }
    }

    private func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    @Test(
        "requests know the user, the group and the process of the client", arguments: [0o660, 0o600, 0o666])
    func serves(mode: Int) async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("server.sock")
        let endpoints: [HTTPEndpoint] = [.unix(path: path, mode: UInt32(mode))]
        try await withServer({ $0.endpoints = endpoints }, handler: Self.peer) { address in
            #expect(address.url == "unix:\(path)")
            let (permissions, answer) = try await (self.mode(path), text(path))
            #expect(permissions == mode)
            #expect(answer == "\(getuid()) \(getgid()) \(getpid()) false -")
        }
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test("a server listens on a port with TLS and on a socket without it")
    func bothKinds() async throws {
        let folder = try TemporaryFolder()
        let authority = try await TestAuthority(in: folder)
        var configuration = HTTPServerConfiguration(endpoints: [
            .tcp(host: "127.0.0.1", port: 0), .unix(path: folder.file("server.sock")),
        ])
        configuration.loopbackOnly = true
        configuration.tls = .init(try await authority.issue("server"))
        let server = HTTPServer(configuration: configuration, handler: Self.peer)
        let first = try server.start()
        #expect(server.addresses.map(\.url) == [first.url, "unix:\(folder.file("server.sock"))"])
        #expect(try await text(folder.file("server.sock")).hasSuffix(" false -"))
        let curl = ["-sS", "--max-time", "20", "--cacert", authority.path, first.url]
        #expect(try await runProgram("curl", curl).output == "none true 127.0.0.1")
        await server.shutdown(grace: .seconds(5))
    }

    @Test("many connections at once, large answers and held requests work on a socket")
    func load() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("server.sock")
        let large = [UInt8](repeating: 7, count: 3_000_000)
        let handler: @Sendable (HTTPRequest) async -> HTTPResponse = { request in
            let count = (try? await request.body.collect(upTo: 1 << 30).count) ?? -1
            return request.path == "/large"
                ? HTTPResponse(status: 200, body: .bytes(large)) : .text(200, "\(count)")
        }
        try await withServer({ $0.endpoints = [.unix(path: path)] }, handler: handler) { _ in
            var configuration = HTTPClientConfiguration()
            configuration.socketPath = path
            let client = HTTPClient(configuration: configuration)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        let isLarge = number.isMultiple(of: 20)
                        let request = HTTPClientRequest(
                            method: "POST", url: "http://localhost/" + (isLarge ? "large" : "small"),
                            body: .bytes([UInt8](repeating: 1, count: number * 1000)))
                        let body = try await client.send(request).body
                        #expect(isLarge ? body == large : body == Array("\(number * 1000)".utf8))
                    }
                }
                try await group.waitForAll()
            }
            await client.shutdown()
        }
    }

    @Test("the socket of a dead server is replaced, that of a living server and any other file are not")
    func existingFiles() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("server.sock")
        let dead = try await runProgram(
            "python3", ["-c", "import socket; socket.socket(socket.AF_UNIX).bind('\(path)')"])
        try #require(dead.code == 0 && FileManager.default.fileExists(atPath: path))
        let endpoints: [HTTPEndpoint] = [.unix(path: path)]
        try await withServer({ $0.endpoints = endpoints }, handler: Self.peer) { _ in
            let second = HTTPServer(
                configuration: HTTPServerConfiguration(endpoints: endpoints), handler: Self.peer)
            let error = #expect(throws: HTTPServerError.self) { try second.start() }
            #expect(error?.code == .addressInUse)
            #expect(error?.detail.contains(path) == true)
            let answer = try await text(path)
            #expect(answer.hasSuffix("false -"))
        }
        for (path, word) in [
            (try folder.write("file", "precious"), "not a socket"),
            (folder.file("none/server.sock"), "No such file"),
            (folder.file(String(repeating: "x", count: 120)), "1 to 107 bytes"),
        ] {
            let server = HTTPServer(
                configuration: HTTPServerConfiguration(endpoints: [.unix(path: path)]), handler: Self.peer)
            let error = #expect(throws: HTTPServerError.self) { try server.start() }
            #expect(error?.code == .badAddress)
            #expect(error?.detail.contains(word) == true, "\(error?.detail ?? "")")
        }
        #expect(try String(contentsOfFile: folder.file("file"), encoding: .utf8) == "precious")
    }

    @Test("a server that cannot open its second address leaves no socket behind")
    func failedStart() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("server.sock")
        let server = HTTPServer(
            configuration: HTTPServerConfiguration(endpoints: [
                .unix(path: path), .tcp(host: "192.0.2.1", port: 0),
            ]), handler: Self.peer)
        #expect(throws: HTTPServerError.self) { try server.start() }
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test("a server that stops does not remove the socket of its successor")
    func successor() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("server.sock")
        func server() -> HTTPServer {
            HTTPServer(
                configuration: HTTPServerConfiguration(endpoints: [.unix(path: path)]), handler: Self.peer)
        }
        let (first, second) = (server(), server())
        _ = try first.start()
        try FileManager.default.removeItem(atPath: path)
        _ = try second.start()
        await first.shutdown(grace: .zero)
        #expect(try await text(path).hasSuffix("false -"))
        await second.shutdown(grace: .zero)
    }

    @Test("the client names the socket that it cannot connect to")
    func unreachable() async throws {
        let error = await #expect(throws: HTTPClientError.self) { try await text("/nonexistent/s.sock") }
        #expect(error?.code == .cannotConnect)
        #expect(error?.message.contains("unix:/nonexistent/s.sock") == true, "\(error?.message ?? "")")
    }
}
