import Foundation
import LonghaulHTTP
import LonghaulTestSupport
import Testing

/// A server with TLS, its clients, and renewed certificates.
@Suite struct TLSTests {
    /// A folder with a certificate in `live`, a symbolic link as in a Kubernetes volume.
    private final class CertificateFolder: Sendable {
        let folder: TemporaryFolder
        let old: TestAuthority
        let new: TestAuthority

        init() async throws {
            folder = try TemporaryFolder()
            old = try await TestAuthority(in: folder, "old")
            new = try await TestAuthority(in: folder, "new")
            try install(try await old.issue("first"), version: "1")
        }

        var certificate: String { folder.file("live/tls.crt") }
        var key: String { folder.file("live/tls.key") }

        /// Replaces both files at once: a new folder, to which the symbolic link then points.
        func install(_ identity: TestAuthority.Identity, version: String) throws {
            let files = FileManager.default
            try files.createDirectory(atPath: folder.file(version), withIntermediateDirectories: true)
            try files.copyItem(atPath: identity.certificate, toPath: folder.file("\(version)/tls.crt"))
            try files.copyItem(atPath: identity.key, toPath: folder.file("\(version)/tls.key"))
            try files.createSymbolicLink(atPath: folder.file("next"), withDestinationPath: version)
            guard rename(folder.file("next"), folder.file("live")) == 0 else {
                throw TestFailure("rename: \(errno)")
            }
        }

        func server(_ more: [String] = []) async throws -> TestServer {
            try await TestServer("serve", ["--tls-cert", certificate, "--tls-key", key] + more)
        }
    }

    /// Calls the server over a new connection. Returns nil if its certificate is not of the authority.
    private func status(_ server: TestServer, trusting authority: TestAuthority) async throws -> Int? {
        let client = HTTPClient(
            configuration: HTTPClientConfiguration(trust: .systemAnd(file: authority.path)))
        return try await withCleanup {
            await client.shutdown()
        } _: {
            do {
                return try await client.send(HTTPClientRequest(url: server.address + "/healthz")).status
            } catch let error as HTTPClientError where error.code == .tls {
                return nil
            }
        }
    }

    @Test func everyCommandAndTheWorkerTrustAPrivateAuthority() async throws {
        let files = try await CertificateFolder()
        let server = try await files.server()
        #expect(server.address.hasPrefix("https://127.0.0.1:"))
        let handlers = try server.folder.write(
            "handlers.json5", #"{ handlers: { echo: { command: ["echo", "{payload.text}"] } } }"#)
        let variables = ["LONGHAUL_SERVER": server.address, "LONGHAUL_CA_FILE": files.old.path]
        let worker = try LonghaulProcess(["worker", "--handlers", handlers], environment: variables)
        let submitted = try await longhaul(
            ["submit", "echo", "--payload", #"{"text": "hello"}"#, "--wait"], environment: variables)
        #expect(submitted.code == 0, "\(submitted.errors) \(worker.errorText)")
        try await expectReady(["--server", server.address, "--ca-file", files.old.path])
        let stranger = try await longhaul(["health", "--server", server.address])
        #expect(stranger.code == 3 && stranger.errors.contains("no secure connection"), "\(stranger.errors)")
        let missing = try await longhaul(["health", "--server", server.address, "--ca-file", "/none.pem"])
        #expect(missing.code == 2 && missing.errors.contains("--ca-file: /none.pem"), "\(missing.errors)")
        worker.signal(SIGTERM)
        #expect(try await worker.exitCode() == 0)
    }

    @Test func renewedCertificateIsServedWithoutARestart() async throws {
        let files = try await CertificateFolder()
        let server = try await files.server()
        let client = HTTPClient(
            configuration: HTTPClientConfiguration(trust: .systemAnd(file: files.old.path)))
        defer { Task { await client.shutdown() } }
        let wait = HTTPClientRequest(
            method: "POST", url: server.address + "/v1/leases",
            headers: ["Content-Type": "application/json"],
            body: .bytes(Array(#"{"worker": {"id": "w"}, "queues": ["q"], "wait_seconds": 60}"#.utf8)))
        async let lease = client.send(wait)
        try await eventually("the lease call waits: \(server.process.errorText)") {
            let answer = try await client.send(HTTPClientRequest(url: server.address + "/v1/workers"))
            return String(decoding: answer.body, as: UTF8.self).contains(#""id":"w""#)
        }
        try files.install(try await files.new.issue("second", days: 30), version: "2")
        try await eventually("the new certificate is served: \(server.process.errorText)") {
            try await status(server, trusting: files.new) == 200
        }
        try await eventually("the log names it: \(server.process.errorText)") {
            server.process.errorText.contains("certificate reloaded: CN=second, valid until")
        }
        #expect(try await status(server, trusting: files.old) == nil)
        // The call and the connection from before the change are still there.
        let job = HTTPClientRequest(
            method: "POST", url: server.address + "/v1/jobs", headers: ["Content-Type": "application/json"],
            body: .bytes(Array(#"{"kind": "a", "queue": "q"}"#.utf8)))
        #expect(try await client.send(job).status == 202)
        #expect(String(decoding: try await lease.body, as: UTF8.self).contains(#""kind":"a""#))
        let metrics = try await client.send(HTTPClientRequest(url: server.address + "/metrics"))
        let line = String(decoding: metrics.body, as: UTF8.self).split(separator: "\n").first {
            $0.hasPrefix("longhaul_tls_certificate_expiry_timestamp_seconds ")
        }
        let expiry = line?.split(separator: " ").last.flatMap { Double($0) } ?? 0
        #expect(abs(expiry - Date().timeIntervalSince1970 - 30 * 86_400) < 7200)
    }

    @Test func incompletePairIsRefusedAndHangupReloadsAtOnce() async throws {
        let files = try await CertificateFolder()
        let server = try await files.server()
        let second = try await files.new.issue("second")
        // Only the certificate: the key follows later.
        try FileManager.default.removeItem(atPath: files.certificate)
        try FileManager.default.copyItem(atPath: second.certificate, toPath: files.certificate)
        try await eventually("the pair is refused: \(server.process.errorText)") {
            server.process.errorText.split(separator: "\n").contains {
                $0.contains("is not used, the server keeps the one that it has")
                    && $0.contains("do not belong together")
            }
        }
        #expect(try await status(server, trusting: files.old) == 200)
        try FileManager.default.removeItem(atPath: files.key)
        try FileManager.default.copyItem(atPath: second.key, toPath: files.key)
        server.process.signal(SIGHUP)
        try await eventually("the new certificate is served: \(server.process.errorText)") {
            try await status(server, trusting: files.new) == 200
        }
        try await eventually("the log names the signal: \(server.process.errorText)") {
            server.process.errorText.contains("SIGHUP: reloading the certificate")
        }
        #expect(server.process.isRunning)
        server.process.signal(SIGTERM)
        #expect(try await server.process.exitCode() == 0)
    }

    @Test func clientsNeedACertificateOfTheClientCA() async throws {
        let files = try await CertificateFolder()
        let server = try await files.server(["--tls-client-ca", files.new.path])
        let good = try await files.new.issue("worker-1", usage: "clientAuth")
        let other = try await files.old.issue("worker-2", usage: "clientAuth")
        let base = ["--server", server.address, "--ca-file", files.old.path]
        func identity(_ identity: TestAuthority.Identity) -> [String] {
            ["--client-cert", identity.certificate, "--client-key", identity.key]
        }
        #expect(try await longhaul(["health"] + base).code == 3)
        #expect(try await longhaul(["health"] + base + identity(other)).code == 3)
        try await expectReady(base + identity(good))
        let half = try await longhaul(["health"] + base + ["--client-cert", good.certificate])
        #expect(half.code == 2 && half.errors.contains("requires --client-key"), "\(half.errors)")

        let handlers = try server.folder.write(
            "handlers.json5", #"{ handlers: { ok: { command: ["true"] } } }"#)
        // The autoscaler passes the certificate on to its workers.
        let scaler = try LonghaulProcess(
            ["autoscale", "--handlers", handlers, "--interval", "0.2"] + base + identity(good))
        let job = try await longhaul(["submit", "ok", "--wait"] + base + identity(good))
        #expect(job.code == 0, "\(job.errors) \(scaler.errorText)")
        scaler.signal(SIGTERM)
        #expect(try await scaler.exitCode() == 0)
    }

    @Test func wrongFilesAndHalfSettingsAreUsageErrors() async throws {
        let files = try await CertificateFolder()
        let expired = try await files.old.issue("expired", days: -1)
        for (options, word) in [
            (["--tls-cert", files.certificate], "--tls-cert: requires --tls-key"),
            (["--tls-client-ca", files.old.path], "--tls-client-ca: requires --tls-cert"),
            (["--tls-cert", expired.certificate, "--tls-key", expired.key], "expired at"),
            (["--tls-cert", "/none.pem", "--tls-key", files.key], "/none.pem cannot be read: No such file"),
        ] {
            let folder = try TemporaryFolder()
            let result = try await longhaul(
                ["serve", "--listen", "127.0.0.1:0"] + options, folder: folder.path)
            #expect(result.code == 2 && result.errors.contains(word), "\(options): \(result)")
        }
    }

    @Test func browsersMustUseTLSForNamesOtherThanLocalhost() async throws {
        let files = try await CertificateFolder()
        let secure = try await files.server(["--hsts-seconds", "600"])
        let plain = try await TestServer()
        func header(_ server: TestServer, host: String) async throws -> String {
            let answer = try await runProgram(
                "curl",
                [
                    "-sS", "--max-time", "20", "-D", "-", "-o", "/dev/null", "--cacert", files.old.path, "-H",
                    "Host: \(host)", server.address + "/healthz",
                ])
            #expect(answer.output.contains("HTTP/1.1 "), "\(answer)")
            return answer.output.lowercased()
        }
        let field = "strict-transport-security: max-age=600\r\n"
        #expect(try await header(secure, host: "127.0.0.1").contains(field))
        // Refused without keys, but the browser has reached the server over TLS.
        #expect(try await header(secure, host: "api.example.com").contains(field))
        #expect(try await !header(secure, host: "localhost:8080").contains("strict-transport"))
        #expect(try await !header(plain, host: "127.0.0.1").contains("strict-transport"))
    }
}
