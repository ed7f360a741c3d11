import LonghaulClient
import LonghaulCore
import LonghaulHTTP

extension Invocation {
    /// Runs `body` with a client of the server that the settings name.
    func withClient<Value>(_ body: (LonghaulClient) async throws -> Value) async throws -> Value {
        let client = try client()
        do {
            let value = try await body(client)
            await client.shutdown()
            return value
        } catch {
            await client.shutdown()
            throw error
        }
    }

    /// A client of the server that the settings name. The caller shuts it down.
    func client() throws -> LonghaulClient {
        var configuration = HTTPClientConfiguration(userAgent: "longhaul/\(Product.version)")
        if let file = try readableFile(Options.caFile) { configuration.trust = .systemAnd(file: file) }
        configuration.identity = try clientIdentity()
        let server = try value(Options.server)
        do {
            return try LonghaulClient(server: server, key: try key(), configuration: configuration)
        } catch let error as LonghaulError {
            throw UsageError(error.detail, command: command.name)
        }
    }

    /// The file of the client's API key; nil if the key is in the environment. `--key-file` takes precedence over the
    /// environment, and the environment over the settings file.
    func keyFile() throws -> String? {
        let isReplaced =
            settings.variable(Self.keyVariable) != nil && !settings.isGiven(Options.keyFile)
        return isReplaced ? nil : try value(Options.keyFile)
    }

    private static let keyVariable = "LONGHAUL_API_KEY"

    private func key() throws -> APIKeySource? {
        if let file = try keyFile() { return .file(path: file) }
        return settings.variable(Self.keyVariable).map { .text($0) }
    }
}

extension Invocation {
    /// The certificate of a client; nil if the settings name none.
    private func clientIdentity() throws -> HTTPClientConfiguration.Identity? {
        switch (try readableFile(Options.clientCertificate), try readableFile(Options.clientKey)) {
        case (let certificate?, let key?): return .init(certificatePath: certificate, keyPath: key)
        case (_?, nil): throw settings.usageError(Options.clientCertificate, "requires --client-key")
        case (nil, _?): throw settings.usageError(Options.clientKey, "requires --client-cert")
        case (nil, nil): return nil
        }
    }

    /// The path in an option.
    ///
    /// - Throws: ``UsageError`` if the file cannot be read.
    private func readableFile(_ option: Option<String?>) throws -> String? {
        guard let path = try value(option) else { return nil }
        do throws(RunError) {
            _ = try Files.read(path)
        } catch {
            throw settings.usageError(option, "\(path) \(error.message)")
        }
        return path
    }
}

extension Argument {
    /// The job of a command.
    static let job = Argument(name: "ID", help: "The job's ID.")
    /// The jobs of a command.
    static let jobs = Argument(name: "ID", help: "The job's ID; may be several.", isRepeatable: true)
}
