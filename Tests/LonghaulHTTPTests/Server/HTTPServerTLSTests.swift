import Foundation
import LonghaulConcurrency
import LonghaulHTTP
import LonghaulTestSupport
import Testing

extension HTTPServerConfiguration.TLS {
    /// The identity of a test certificate.
    init(_ identity: TestAuthority.Identity, clientCA: String? = nil) {
        self.init(
            certificatePath: identity.certificate, keyPath: identity.key, clientAuthorityPath: clientCA)
    }
}

@Suite("HTTP server: TLS")
struct HTTPServerTLSTests {
    @Test("requests, large bodies both ways and error answers go through TLS")
    func serves() async throws {
        let folder = try TemporaryFolder()
        let authority = try await TestAuthority(in: folder)
        let tls = HTTPServerConfiguration.TLS(try await authority.issue("one"))
        let file = folder.file("large")
        try Data((0..<4_000_000).map { UInt8(truncatingIfNeeded: $0 >> 7) }).write(
            to: URL(filePath: file))
        let handler: @Sendable (HTTPRequest) async -> HTTPResponse = { request in
            switch request.path {
            case "/file": return HTTPResponse(status: 200, body: .file(path: file))
            case "/count", "/small":
                let count = try? await request.body.collect(upTo: 1 << 30).count
                return .text(200, "\(count ?? -1) \(request.isSecure)")
            default: return .text(200, "hello")
            }
        }
        try await withServer(
            {
                $0.tls = tls
                $0.maxBodyBytes = { $0.path == "/small" ? 100_000 : 1 << 30 }
            }, handler: handler
        ) { address in
            #expect(address.url.hasPrefix("https://"))
            let curl = ["-sS", "--max-time", "20", "--http1.1", "--cacert", authority.path]
            #expect(try await runProgram("curl", curl + [address.url + "/"]).output == "hello")
            let counted = try await runProgram("curl", curl + ["-T", file, address.url + "/count"])
            #expect(counted.output == "4000000 true")
            let got = folder.file("got")
            #expect(try await runProgram("curl", curl + ["-o", got, address.url + "/file"]).code == 0)
            #expect(try Data(contentsOf: URL(filePath: got)) == Data(contentsOf: URL(filePath: file)))
            let refused = try await runProgram(
                "curl",
                curl + [
                    "-o", "/dev/null", "-w", "%{http_code}", "-H", "Transfer-Encoding: chunked", "-T",
                    file,
                    address.url + "/small",
                ])
            #expect(refused.output == "413")
        }
    }

    @Test("files that cannot be used stop the start, with an error that names the file and the reason")
    func wrongFiles() async throws {
        let folder = try TemporaryFolder()
        let authority = try await TestAuthority(in: folder)
        let (one, two) = try await (authority.issue("one"), authority.issue("two"))
        let expired = try await authority.issue("expired", days: -1)
        let locked = try await authority.issue("locked", passphrase: "secret")
        let junk = try folder.write("junk.pem", "not a certificate")
        let empty = try folder.write("empty.pem", "")
        let cases: [(certificate: String, key: String, clientCA: String?, words: [String])] = [
            (one.certificate, two.key, nil, ["one.pem", "two.key", "do not belong together"]),
            (junk, one.key, nil, ["junk.pem", "holds no certificate"]),
            (one.certificate, junk, nil, ["junk.pem", "holds no private key"]),
            (folder.file("none.pem"), one.key, nil, ["none.pem", "No such file"]),
            (folder.path, one.key, nil, [folder.path, "directory"]),
            (empty, one.key, nil, ["empty.pem", "is empty"]),
            (expired.certificate, expired.key, nil, ["expired.pem", "expired at 20"]),
            (locked.certificate, locked.key, nil, ["locked.key", "passphrase"]),
            (one.certificate, one.key, junk, ["client CA", "junk.pem", "holds no certificate"]),
        ]
        for (certificate, key, clientCA, words) in cases {
            var configuration = HTTPServerConfiguration()
            configuration.tls = .init(
                certificatePath: certificate, keyPath: key, clientAuthorityPath: clientCA)
            let server = HTTPServer(configuration: configuration, handler: echo)
            let error = #expect(throws: HTTPServerError.self) { try server.start() }
            #expect(error?.code == .badCertificate)
            for word in words { #expect(error?.detail.contains(word) == true, "\(error?.detail ?? "")") }
        }
    }

    /// The text of a response over a new connection.
    private func get(_ url: String, trusting authority: String) async throws -> String {
        let client = HTTPClient(configuration: HTTPClientConfiguration(trust: .systemAnd(file: authority)))
        return try await withCleanup {
            await client.shutdown()
        } _: {
            String(decoding: try await client.send(HTTPClientRequest(url: url)).body, as: UTF8.self)
        }
    }

    @Test("a renewed certificate serves new connections, and interrupts no request and no connection")
    func reloads() async throws {
        let folder = try TemporaryFolder()
        let (old, new) = try await (TestAuthority(in: folder, "old"), TestAuthority(in: folder, "new"))
        let (first, second) = try await (old.issue("first"), new.issue("second", days: 3))
        let files = HTTPServerConfiguration.TLS(
            certificatePath: folder.file("tls.crt"), keyPath: folder.file("tls.key"))
        @Sendable func install(_ certificate: String, _ key: String) throws {
            for (from, to) in [(certificate, files.certificatePath), (key, files.keyPath)] {
                try Data(contentsOf: URL(filePath: from)).write(to: URL(filePath: to), options: .atomic)
            }
        }
        try install(first.certificate, first.key)
        let (isHeld, mayAnswer) = (Event<Void>(), Event<Void>())
        var configuration = HTTPServerConfiguration()
        configuration.tls = files
        let server = HTTPServer(configuration: configuration) { request in
            if request.path == "/held" {
                isHeld.fire()
                await mayAnswer.wait()
            }
            return .text(200, "hello")
        }
        let url = try server.start().url
        let keepAlive = HTTPClient(
            configuration: HTTPClientConfiguration(trust: .systemAnd(file: old.path)))
        try await withCleanup {
            await keepAlive.shutdown()
            await server.shutdown(grace: .seconds(10))
        } _: {
            async let held = keepAlive.send(HTTPClientRequest(url: url + "/held"))
            await isHeld.wait()
            let certificate = try await onThread {
                try install(second.certificate, second.key)
                return try server.reloadCertificate()
            }
            #expect(certificate?.subject == "CN=second")
            #expect(configuration.counters.certificate == certificate)
            mayAnswer.fire()
            #expect(try await held.status == 200)
            // The old authority is trusted only by the connection that is still open.
            #expect(try await keepAlive.send(HTTPClientRequest(url: url)).status == 200)
            #expect(try await get(url, trusting: new.path) == "hello")
            await #expect(throws: HTTPClientError.self) { try await get(url, trusting: old.path) }

            // A pair that does not belong together is refused, and the server keeps the one that it has.
            try install(first.certificate, second.key)
            let error = await #expect(throws: HTTPServerError.self) {
                try await onThread { try server.reloadCertificate() }
            }
            #expect(error?.code == .badCertificate)
            #expect(try await get(url, trusting: new.path) == "hello")
        }
    }

    @Test("no handshake and no request fails while certificates are replaced")
    func reloadsUnderLoad() async throws {
        let folder = try TemporaryFolder()
        let authority = try await TestAuthority(in: folder)
        let identities = try await [authority.issue("one"), authority.issue("two", days: 3)]
        let files = HTTPServerConfiguration.TLS(
            certificatePath: folder.file("tls.crt"), keyPath: folder.file("tls.key"))
        @Sendable func install(_ identity: TestAuthority.Identity) throws {
            for (from, to) in [(identity.certificate, files.certificatePath), (identity.key, files.keyPath)] {
                try Data(contentsOf: URL(filePath: from)).write(to: URL(filePath: to), options: .atomic)
            }
        }
        try install(identities[0])
        var configuration = HTTPServerConfiguration()
        configuration.tls = files
        let server = HTTPServer(configuration: configuration, handler: echo)
        let url = try server.start().url
        let trust = HTTPClientConfiguration(trust: .systemAnd(file: authority.path))
        let isDone = Event<Void>()
        let subjects = Recorder<String>()
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { isDone.fire() }
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<10 {
                        let client = HTTPClient(configuration: trust)
                        for _ in 0..<2 {
                            let status = try await client.send(HTTPClientRequest(url: url)).status
                            #expect(status == 200)
                        }
                        await client.shutdown()
                    }
                }
            }
            group.addTask {
                try await onThread {
                    var number = 0
                    while isDone.value == nil {
                        number += 1
                        try install(identities[number % 2])
                        subjects.add(try server.reloadCertificate()?.subject ?? "")
                    }
                }
            }
            for _ in 0..<4 { try await group.next() }
            isDone.fire()
            try await group.waitForAll()
        }
        #expect(Set(subjects.values) == ["CN=one", "CN=two"])
        await server.shutdown(grace: .seconds(5))
    }

    @Test("with a client CA, only clients with a certificate of it are served", arguments: ["1.2", "1.3"])
    func clientCertificates(version: String) async throws {
        let folder = try TemporaryFolder()
        let (mine, other) = try await (TestAuthority(in: folder, "mine"), TestAuthority(in: folder, "other"))
        let tls = HTTPServerConfiguration.TLS(try await mine.issue("server"), clientCA: mine.path)
        let clients: [(identity: TestAuthority.Identity?, isAccepted: Bool)] = [
            (try await mine.issue("good", usage: "clientAuth"), true),
            (nil, false),
            (try await other.issue("stranger", usage: "clientAuth"), false),
            (try await mine.issue("late", days: -1, usage: "clientAuth"), false),
            // The certificate of a server does not serve as that of a client.
            (try await mine.issue("server-only"), false),
        ]
        let served = Recorder<String>()
        try await withServer({ $0.tls = tls }) { request in
            served.add(request.path)
            return .text(200, "hello")
        } body: { address in
            for (number, client) in clients.enumerated() {
                var options = ["-sS", "--max-time", "20", "--cacert", mine.path]
                options += ["--tlsv\(version)", "--tls-max", version]
                if let identity = client.identity {
                    options += ["--cert", identity.certificate, "--key", identity.key]
                }
                let answer = try await runProgram("curl", options + ["\(address.url)/\(number)"])
                #expect((answer.output == "hello") == client.isAccepted, "\(number): \(answer)")
                #expect((answer.code == 0) == client.isAccepted, "\(number): \(answer)")
            }
        }
        #expect(served.values == ["/0"])
    }

    @Test("the client presents its certificate, and reads it again for a new connection")
    func clientIdentity() async throws {
        let folder = try TemporaryFolder()
        let authority = try await TestAuthority(in: folder)
        let tls = HTTPServerConfiguration.TLS(try await authority.issue("server"), clientCA: authority.path)
        let good = try await authority.issue("good", usage: "clientAuth")
        try await withServer({ $0.tls = tls }, handler: echo) { address in
            var configuration = HTTPClientConfiguration(trust: .systemAnd(file: authority.path))
            let anonymous = HTTPClient(configuration: configuration)
            let error = await #expect(throws: HTTPClientError.self) {
                try await anonymous.send(HTTPClientRequest(url: address.url))
            }
            // The server's alert may be lost if the client has already sent its request.
            #expect(error?.code == .tls || error?.code == .connectionLost, "\(String(describing: error))")
            await anonymous.shutdown()
            configuration.identity = .init(certificatePath: good.certificate, keyPath: good.key)
            let client = HTTPClient(configuration: configuration)
            let response = try await client.send(HTTPClientRequest(url: address.url))
            #expect(response.status == 200)
            await client.shutdown()
        }
    }
}
