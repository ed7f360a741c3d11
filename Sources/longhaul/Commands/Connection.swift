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
        if let file = try value(Options.ca) { configuration.trust = .systemAnd(file: file) }
        let server = try value(Options.server)
        do {
            return try LonghaulClient(server: server, configuration: configuration)
        } catch {
            throw settings.usageError(Options.server, error.detail)
        }
    }
}

extension Argument {
    /// The job of a command.
    static let job = Argument(name: "ID", help: "The job's ID.")
    /// The jobs of a command.
    static let jobs = Argument(name: "ID", help: "The job's ID; may be several.", isRepeatable: true)
}
