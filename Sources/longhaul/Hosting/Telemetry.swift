import LonghaulCore
import LonghaulHTTP
import LonghaulTracing

/// The log format and the tracer of a server or worker process.
enum Telemetry {
    /// Runs `body` with the configured tracer, nil if there is none, and then sends the remaining spans.
    static func with(
        _ invocation: Invocation, service: String, _ body: (Tracer?) async throws -> Void
    ) async throws {
        EventLog.use(try invocation.value(Options.logFormat))
        guard let tracer = try tracer(invocation, service: service) else { return try await body(nil) }
        tracer.start()
        do {
            try await body(tracer)
        } catch {
            await tracer.stop()
            throw error
        }
        await tracer.stop()
        await EventLog.flush()
    }

    /// The tracer of the settings. The variables of OpenTelemetry count where an option is not set.
    private static func tracer(_ invocation: Invocation, service: String) throws -> Tracer? {
        let given = TracingEnvironment(invocation.settings.variable)
        let own = invocation.settings.isSet(Options.otlpEndpoint)
        let tracesEndpoint = own ? nil : given.tracesEndpoint
        guard !given.isDisabled, let endpoint = try invocation.value(Options.otlpEndpoint) ?? tracesEndpoint
        else { return nil }
        for warning in given.warnings { EventLog.log(Note(warning, level: .warning)) }
        var configuration = Tracer.Configuration(
            endpoint: endpoint, service: service, version: Product.version)
        configuration.tracesEndpoint = tracesEndpoint
        configuration.headers = given.headers
        configuration.resource.merge(given.resource) { $1 }
        if let seconds = given.timeoutSeconds { configuration.timeoutSeconds = seconds }
        let http = HTTPClientConfiguration(userAgent: "longhaul/\(Product.version)")
        do {
            return try Tracer(configuration, http: http) { EventLog.log($0) }
        } catch {
            guard tracesEndpoint == nil else {
                throw UsageError(
                    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: \(error.detail)", command: invocation.command.name)
            }
            throw invocation.settings.usageError(Options.otlpEndpoint, error.detail)
        }
    }
}
