public import LonghaulCore
public import LonghaulEngine
public import LonghaulExecutions
public import LonghaulHTTP
public import LonghaulTracing

/// The HTTP API over an engine.
public final class APIServer: Sendable {
    private let server: HTTPServer
    private let context: APIContext

    /// A server of the engine's calls. Without API keys, it listens only on loopback addresses.
    ///
    /// - Parameters:
    ///   - keys: the API keys, loaded; nil for those of the engine's store, which ``start()`` loads. The server then listens
    ///     only on loopback addresses.
    ///   - stepFunctions: state machines and their executions; nil for a server without them.
    ///   - performer: performs the operations of the Step Functions API; nil for `stepFunctions`.
    public init(
        engine: Engine, keys: KeyDirectory? = nil, stepFunctions: StepFunctions? = nil,
        performer: (any OperationPerformer)? = nil, configuration: APIServerConfiguration
    ) {
        let directory = keys ?? KeyDirectory(engine: engine, note: configuration.note)
        let context = APIContext(
            engine: engine, stepFunctions: stepFunctions, keys: directory, configuration: configuration)
        let router = APIRouter(context, performer: performer ?? stepFunctions)
        var http = configuration.http
        http.admit = { router.rejection(of: $0, on: $1) }
        http.maxBodyBytes = { router.maxBodyBytes(of: $0) }
        http.errorResponse = { router.problem(ofServer: $0, $1) }
        http.loopbackOnly = !directory.isRequired
        self.context = context
        server = HTTPServer(configuration: http) { await router.handle($0) }
    }

    /// Starts to listen.
    ///
    /// - Throws: ``HTTPServerError``, such as `notLoopback` if there are no API keys and the host has an address that is not
    ///   a loopback address; ``LonghaulError`` if the API keys cannot be read.
    public func start() async throws -> HTTPAddress {
        try await context.keys.load()
        context.keys.start { [held = context.held] in held.interrupt(ofKeys: $0) }
        context.events.start()
        do {
            return try server.start()
        } catch {
            context.events.close()
            throw error
        }
    }

    /// The addresses of a started server, in the order of the endpoints.
    public var addresses: [HTTPAddress] { server.addresses }

    /// Reads the files of the TLS certificate again, for new connections. Call it on a thread that may block.
    ///
    /// - Returns: the new certificate; nil without TLS.
    /// - Throws: ``HTTPServerError`` with `badCertificate`. The server then continues with the certificate that it has.
    public func reloadCertificate() throws(HTTPServerError) -> HTTPCertificate? {
        try server.reloadCertificate()
    }

    /// Stops the server: it accepts no new connections, answers held calls at once, and lets the other requests finish
    /// within the grace period.
    public func shutdown(grace: Duration) async {
        context.held.interrupt()
        context.events.close()
        context.keys.stop()
        await server.shutdown(grace: grace)
    }
}

/// The settings of the API server.
public struct APIServerConfiguration: Sendable {
    /// The settings of the HTTP server.
    public var http: HTTPServerConfiguration
    /// The version of the product, for the OpenAPI document.
    public var version: String
    /// The maximum size of the body of a call for many jobs, such as a batch, in bytes.
    public var maxBatchBytes = 16 << 20
    /// The maximum number of requests per second with one API key, or from one client address without a key; 0 for no
    /// limit. Health checks and the calls of workers are not limited.
    public var requestsPerSecond = 0
    /// How long browsers must use TLS for a host that they reached over TLS (`Strict-Transport-Security`), in seconds; 0
    /// to send no such header.
    public var strictTransportSeconds = 31_536_000
    /// Whether `/metrics` and `/readyz` need no API key.
    public var openMetrics = false
    /// With API keys: the hosts for which the server answers requests, besides loopback addresses; empty for any host.
    public var allowedHosts: [String] = []
    /// The origins of web pages that may call the API with an API key.
    public var corsOrigins: [WebOrigin] = []
    /// Where the dashboard links the traces of jobs; nil for no links.
    public var traceLink: TraceLink?
    /// Records submissions as spans; nil for none.
    public var tracer: Tracer?
    /// The limits of open event streams.
    public var eventStreams = EventStreamLimits()
    /// Returns the components that make no progress, for `/readyz`.
    public var standstills: @Sendable () -> [String] = { [] }
    /// Receives the log of the server: answers that report internal errors.
    public var note: @Sendable (Note) -> Void = { _ in }

    /// Creates the settings.
    public init(http: HTTPServerConfiguration, version: String) {
        self.http = http
        self.version = version
    }
}
