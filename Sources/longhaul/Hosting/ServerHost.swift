import LonghaulCore
import LonghaulEngine
import LonghaulExecutions
import LonghaulHTTP
import LonghaulJSON
import LonghaulServer
import LonghaulTracing
import LonghaulWatch
import Synchronization

/// The configured API server.
final class ServerHost: Sendable {
    /// A server that listens.
    private struct Running: Sendable {
        let server: APIServer
        let certificateWatch: CertificateWatch?
    }

    private let engine: Engine
    private let keys: KeyDirectory
    private let stepFunctions: StepFunctions
    private let configuration: APIServerConfiguration
    private let running = Mutex<Running?>(nil)
    private let grace: Duration
    private let settings: Settings

    /// Creates the server. ``start()`` makes it listen.
    ///
    /// - Parameters:
    ///   - tracer: records submissions; nil for no traces.
    ///   - watchdog: reports components that make no progress; nil if it is off.
    init(
        _ invocation: Invocation, engine: Engine, stepFunctions: StepFunctions, tracer: Tracer?,
        watchdog: Watchdog?
    ) throws {
        let mode = try invocation.value(Options.socketMode)
        let listens = try invocation.value(Options.listen)
        var http = HTTPServerConfiguration(
            endpoints: (listens.isEmpty ? [.standard] : listens).map { $0.endpoint(socketMode: mode) })
        http.tls = try Self.tls(invocation)
        try Self.setLimits(of: &http, invocation)
        grace = .seconds(try invocation.value(Options.shutdownGrace))
        var configuration = APIServerConfiguration(http: http, version: Product.version)
        configuration.tracer = tracer
        configuration.eventStreams.maxStreams = try invocation.value(Options.maxEventStreams)
        configuration.eventStreams.maxStreamsPerClient = try invocation.value(
            Options.maxEventStreamsPerClient)
        configuration.standstills = { watchdog?.standstills ?? [] }
        configuration.maxBatchBytes = try invocation.value(Options.maxBatchBytes)
        configuration.requestsPerSecond = try invocation.value(Options.requestRate)
        configuration.strictTransportSeconds = try invocation.value(Options.strictTransportSeconds)
        configuration.openMetrics = try invocation.value(Options.openMetrics)
        configuration.allowedHosts = try invocation.value(Options.allowedHosts)
        configuration.corsOrigins = try invocation.value(Options.corsOrigins)
        configuration.traceLink = try invocation.value(Options.traceLink)
        configuration.note = { EventLog.log($0) }
        self.engine = engine
        self.configuration = configuration
        keys = KeyDirectory(engine: engine, file: try invocation.value(Options.apiKeysFile)) {
            EventLog.log($0)
        }
        self.stepFunctions = stepFunctions
        settings = invocation.settings
    }

    private static func setLimits(of http: inout HTTPServerConfiguration, _ invocation: Invocation) throws {
        http.maxConnections = try invocation.value(Options.maxConnections)
        DescriptorLimit.raise(for: http.maxConnections)
        http.maxConnectionsPerAddress = try invocation.value(Options.maxConnectionsPerAddress)
        http.maxBodyMemoryBytes = try invocation.value(Options.maxBodyMemoryBytes)
        http.maxAnswerMemoryBytes = try invocation.value(Options.maxAnswerMemoryBytes)
        http.minBytesPerSecond = try invocation.value(Options.minTransferRate)
        http.bodyTimeout = .seconds(try invocation.value(Options.bodyTimeoutSeconds))
        http.writeTimeout = .seconds(try invocation.value(Options.sendTimeoutSeconds))
    }

    /// Reads the API keys, starts to listen and prints the addresses, the first line on standard output.
    ///
    /// A server that has no API key and would serve other machines creates its first key.
    func start() async throws {
        try await RunError.wrapping { try await keys.load() }
        var addresses = try await listen()
        if addresses.isEmpty {
            try await createFirstKey()
            addresses = try await listen()
        }
        guard let first = addresses.first else { throw RunError("cannot start: the server has no API key") }
        // A closed standard output does not stop the server.
        try? Console.print(jsonObject: { [addresses] writer in
            writer.field("listening", first.url)
            guard addresses.count > 1 else { return }
            writer.array("addresses") { writer in
                for address in addresses { writer.element(address.url) }
            }
        })
        EventLog.log(Note("listening on \(addresses.map(\.url).joined(separator: ", "))"))
    }

    /// Starts to listen. Returns no address if the server would serve other machines without an API key.
    private func listen() async throws -> [HTTPAddress] {
        let server = APIServer(
            engine: engine, keys: keys, stepFunctions: stepFunctions, configuration: configuration)
        let watch = configuration.http.tls.map { files in
            CertificateWatch(files.paths) { try server.reloadCertificate() }
        }
        do {
            _ = try await server.start()
            running.withLock { $0 = Running(server: server, certificateWatch: watch) }
            try watch?.start()
            return server.addresses
        } catch let error as HTTPServerError {
            switch error.code {
            case .notLoopback: return []
            case .badAddress: throw settings.usageError(Options.listen, error.detail)
            case .badCertificate: throw settings.usageError(Options.tlsCertificate, error.detail)
            default: throw RunError("cannot start: \(error.detail)")
            }
        }
    }

    private func createFirstKey() async throws {
        try await RunError.wrapping {
            let issued = try await AuditSource.$current.withValue(.systemUser) {
                try await keys.createFirstKey()
            }
            guard let issued else { return }
            Console.note(
                "longhaul: the server serves other machines and had no API key, so it has created the key "
                    + "\"\(issued.key.name)\" with the scope admin. It is shown once:\n\(issued.text)")
        }
    }

    /// Stops within the grace period.
    func stop() async {
        let running = running.withLock { $0 }
        running?.certificateWatch?.stop()
        await running?.server.shutdown(grace: grace)
    }

    private static func tls(_ invocation: Invocation) throws -> HTTPServerConfiguration.TLS? {
        let authorities = try invocation.value(Options.tlsClientCA)
        switch (try invocation.value(Options.tlsCertificate), try invocation.value(Options.tlsKey)) {
        case (let certificate?, let key?):
            return HTTPServerConfiguration.TLS(
                certificatePath: certificate, keyPath: key, clientAuthorityPath: authorities)
        case (_?, nil): throw invocation.settings.usageError(Options.tlsCertificate, "requires --tls-key")
        case (nil, _?): throw invocation.settings.usageError(Options.tlsKey, "requires --tls-cert")
        case (nil, nil) where authorities != nil:
            throw invocation.settings.usageError(Options.tlsClientCA, "requires --tls-cert and --tls-key")
        case (nil, nil): return nil
        }
    }
}
