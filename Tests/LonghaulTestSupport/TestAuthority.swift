import Foundation

/// A certificate authority that issues certificates for tests, with `openssl`.
public struct TestAuthority: Sendable {
    /// The files of a certificate and its key.
    public struct Identity: Sendable {
        /// The path of the certificate.
        public let certificate: String
        /// The path of the private key.
        public let key: String
    }

    /// The path of the certificate of the authority.
    public let path: String
    private let folder: TemporaryFolder
    private let key: String
    private static let keyOptions = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]

    /// Creates an authority, with its files in the folder.
    public init(in folder: TemporaryFolder, _ name: String = "ca") async throws {
        self.folder = folder
        path = folder.file("\(name).pem")
        key = folder.file("\(name).key")
        try await Self.openssl(
            ["req", "-x509"] + Self.keyOptions + [
                "-nodes", "-days", "3", "-subj", "/CN=\(name)", "-out", path, "-keyout", key,
            ])
    }

    /// Issues a certificate for 127.0.0.1 and localhost.
    ///
    /// - Parameters:
    ///   - name: the subject, and the name of the files.
    ///   - days: the validity; a negative number for one that has expired.
    ///   - usage: `serverAuth` or `clientAuth`.
    ///   - passphrase: the passphrase of the key; nil for none.
    public func issue(
        _ name: String, days: Int = 2, usage: String = "serverAuth", passphrase: String? = nil
    ) async throws -> Identity {
        let identity = Identity(certificate: folder.file("\(name).pem"), key: folder.file("\(name).key"))
        let request = folder.file("\(name).csr")
        try await Self.openssl(
            ["req"] + Self.keyOptions + (passphrase.map { ["-passout", "pass:\($0)"] } ?? ["-nodes"]) + [
                "-subj", "/CN=\(name)", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-addext",
                "extendedKeyUsage=\(usage)", "-out", request, "-keyout", identity.key,
            ])
        try await Self.openssl([
            "x509", "-req", "-in", request, "-CA", path, "-CAkey", key, "-CAcreateserial", "-days", "\(days)",
            "-copy_extensions", "copyall", "-out", identity.certificate,
        ])
        return identity
    }

    private static func openssl(_ arguments: [String]) async throws {
        let result = try await runProgram("openssl", arguments)
        guard result.code == 0 else { throw TestFailure("openssl \(arguments): \(result.errors)") }
    }
}

/// Runs a program of `/usr/bin` to its end. Returns its exit code and its output.
public func runProgram(
    _ program: String, _ arguments: [String]
) async throws -> (code: Int32, output: String, errors: String) {
    let folder = try TemporaryFolder()
    return try await onThread {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/\(program)")
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        let files = try ["output", "errors"].map { name in
            let url = URL(fileURLWithPath: folder.file(name))
            try Data().write(to: url)
            return (url, try FileHandle(forWritingTo: url))
        }
        (process.standardOutput, process.standardError) = (files[0].1, files[1].1)
        try process.run()
        process.waitUntilExit()
        let texts = try files.map { String(decoding: try Data(contentsOf: $0.0), as: UTF8.self) }
        return (process.terminationStatus, texts[0], texts[1])
    }
}
