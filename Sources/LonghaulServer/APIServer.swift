public import LonghaulCore
public import LonghaulEngine
public import LonghaulHTTP
public import LonghaulTracing

/// The HTTP API over an engine.
public final class APIServer: Sendable {
    private let server: HTTPServer
    private let context: APIContext

    /// A server of the engine's calls. It listens only on loopback addresses, as there are no API keys.
    public init(engine: Engine, configuration: APIServerConfiguration) {
        let context = APIContext(engine: engine, configuration: configuration)
        let router = Routes.router(context)
        var http = configuration.http
        http.errorResponse = { status, detail in
            // The request may not even have been understood: its own identifier is not at hand.
            var response = Answer.problem(ofServer: status, detail)
            SecurityHeaders.add(to: &response.headers)
            response.headers.add("X-Request-Id", context.engine.newIdentifier().description)
            return response
        }
        // A request without a route is answered 404 or 405, not 413.
        http.maxBodyBytes = { router.bodyLimit(of: $0) ?? APIRequest.maxJSONBytes }
        let admission = Admission(context)
        http.admit = { admission.problem(for: $0, on: $1) }
        http.loopbackOnly = true
        self.context = context
        server = HTTPServer(configuration: http) { request in
            await Routes.handle(request, by: router, context)
        }
    }

    /// Starts to listen.
    ///
    /// - Throws: ``HTTPServerError``, such as `notLoopback` if the host has an address that is not a loopback address.
    public func start() throws -> HTTPAddress {
        context.events.start()
        return try server.start()
    }

    /// Stops: takes no new connections, answers what waits for something at once, and lets the rest finish
    /// for as long as the grace lasts.
    public func shutdown(grace: Duration) async {
        context.held.interrupt()
        context.events.close()
        await server.shutdown(grace: grace)
    }
}

/// The settings of the API's server.
public struct APIServerConfiguration: Sendable {
    /// Where and how to listen.
    public var http: HTTPServerConfiguration
    /// The version of the product, for the API's document.
    public var version: String
    /// The maximum size of the body of a call for many jobs, such as a batch, in bytes.
    public var maxBatchBytes = 16 << 20
    /// How many requests per second one client address may send; 0 for no limit. Health checks and the calls of
    /// workers are not limited.
    public var requestsPerSecond = 0
    /// Records submissions as spans; nil for none.
    public var tracer: Tracer?
    /// How many event streams may be open.
    public var eventStreams = EventStreamLimits()
    /// The components that stand still, for `/readyz`.
    public var standstills: @Sendable () -> [String] = { [] }
    /// Told of what people should know: answers that should not have been.
    public var note: @Sendable (Note) -> Void = { _ in }

    /// Settings to listen in this way.
    public init(http: HTTPServerConfiguration, version: String) {
        self.http = http
        self.version = version
    }
}

/// What every route shares.
struct APIContext: Sendable {
    let engine: Engine
    let configuration: APIServerConfiguration
    let held = HeldCalls()
    let metrics = HTTPMetrics()
    let events: EventHub
    let streams: EventStreams

    init(engine: Engine, configuration: APIServerConfiguration) {
        self.engine = engine
        self.configuration = configuration
        events = EventHub(feed: engine.feed)
        streams = EventStreams(limits: configuration.eventStreams)
    }

    /// The maximum size of a body with one payload, result or output: 1 MiB more than the value itself.
    var maxValueBodyBytes: Int {
        max(APIRequest.maxJSONBytes, engine.configuration.maxPayloadBytes + 1 << 20)
    }
}
