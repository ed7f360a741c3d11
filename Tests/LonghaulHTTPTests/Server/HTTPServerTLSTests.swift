import Foundation
import LonghaulHTTP
import LonghaulTestSupport
import Testing

@Suite("HTTP server: TLS")
struct HTTPServerTLSTests {
    /// Runs a program on a thread of its own.
    ///
    /// - Returns: the exit code and the standard output.
    private func run(_ program: String, _ arguments: [String]) async throws -> (code: Int32, output: String) {
        try await onThread {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/\(program)")
            process.arguments = arguments
            let pipe = Pipe()
            process.standardOutput = pipe
            process.standardError = FileHandle.nullDevice
            process.standardInput = FileHandle.nullDevice
            try process.run()
            let output = pipe.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            return (process.terminationStatus, String(decoding: output, as: UTF8.self))
        }
    }

    /// Creates a self-signed certificate for this machine.
    private func identity(in folder: TemporaryFolder, _ name: String) async throws
        -> HTTPServerConfiguration.TLS
    {
        let (certificate, key) = (folder.file("\(name).pem"), folder.file("\(name).key"))
        let made = try await run(
            "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
                "-out", certificate, "-keyout", key,
            ])
        try #require(made.code == 0)
        return .init(certificatePath: certificate, keyPath: key)
    }

    @Test("requests, large bodies both ways and error answers go through TLS")
    func serves() async throws {
        let folder = try TemporaryFolder()
        let tls = try await identity(in: folder, "one")
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
            let curl = ["-sS", "--max-time", "20", "--http1.1", "--cacert", tls.certificatePath]
            #expect(try await run("curl", curl + [address.url + "/"]).output == "hello")
            let counted = try await run("curl", curl + ["-T", file, address.url + "/count"])
            #expect(counted.output == "4000000 true")
            let got = folder.file("got")
            #expect(try await run("curl", curl + ["-o", got, address.url + "/file"]).code == 0)
            #expect(try Data(contentsOf: URL(filePath: got)) == Data(contentsOf: URL(filePath: file)))
            let refused = try await run(
                "curl",
                curl + [
                    "-o", "/dev/null", "-w", "%{http_code}", "-H", "Transfer-Encoding: chunked", "-T",
                    file,
                    address.url + "/small",
                ])
            #expect(refused.output == "413")
        }
    }

    @Test("files that are missing, wrong or do not belong together stop the start, and are named")
    func wrongFiles() async throws {
        let folder = try TemporaryFolder()
        let (one, two) = try await (identity(in: folder, "one"), identity(in: folder, "two"))
        let junk = folder.file("junk.pem")
        try Data("not a certificate".utf8).write(to: URL(filePath: junk))
        let cases: [(String, String, String)] = [
            (one.certificatePath, two.keyPath, "two.key"), (junk, one.keyPath, "junk.pem"),
            (one.certificatePath, junk, "junk.pem"), (folder.file("none.pem"), one.keyPath, "none.pem"),
        ]
        for (certificate, key, named) in cases {
            var configuration = HTTPServerConfiguration()
            configuration.tls = .init(certificatePath: certificate, keyPath: key)
            let server = HTTPServer(configuration: configuration, handler: echo)
            let error = #expect(throws: HTTPServerError.self) { try server.start() }
            #expect(error?.code == .badCertificate)
            #expect(error?.detail.contains(named) == true)
        }
    }
}
