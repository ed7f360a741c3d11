import LonghaulCore
import LonghaulEngine
import LonghaulHTTP
import LonghaulJSON
import LonghaulServer
import LonghaulTracing
import LonghaulWatch

/// The configured API server.
struct ServerHost: Sendable {
    private let server: APIServer
    private let certificateWatch: CertificateWatch?
    private let grace: Duration
    private let settings: Settings

    /// Creates the server. ``start()`` makes it listen.
    ///
    /// - Parameters:
    ///   - tracer: records submissions; nil for no traces.
    ///   - watchdog: reports components that make no progress; nil if it is off.
    init(_ invocation: Invocation, engine: Engine, tracer: Tracer?, watchdog: Watchdog?) throws {
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
        configuration.note = { EventLog.log($0) }
        let server = APIServer(engine: engine, configuration: configuration)
        self.server = server
        certificateWatch = http.tls.map { files in
            CertificateWatch(files.paths) { try server.reloadCertificate() }
        }
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

    /// Starts to listen and prints the addresses, the first line on standard output.
    func start() throws {
        let address: HTTPAddress
        do {
            address = try server.start()
            try certificateWatch?.start()
        } catch let error as HTTPServerError {
            switch error.code {
            case .notLoopback:
                throw settings.usageError(
                    Options.listen,
                    "\(error.detail). Without API keys the server serves this machine only: listen on 127.0.0.1, "
                        + "::1 or localhost")
            case .badAddress: throw settings.usageError(Options.listen, error.detail)
            case .badCertificate: throw settings.usageError(Options.tlsCertificate, error.detail)
            default: throw RunError("cannot start: \(error.detail)")
            }
        }
        // A closed standard output does not stop the server.
        let addresses = server.addresses
        try? Console.print(jsonObject: { writer in
            writer.field("listening", address.url)
            guard addresses.count > 1 else { return }
            writer.array("addresses") { writer in
                for address in addresses { writer.element(address.url) }
            }
        })
        EventLog.log(Note("listening on \(addresses.map(\.url).joined(separator: ", "))"))
    }

    /// Stops within the grace period.
    func stop() async {
        certificateWatch?.stop()
        await server.shutdown(grace: grace)
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
