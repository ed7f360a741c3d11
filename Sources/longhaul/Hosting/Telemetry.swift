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

    private static func tracer(_ invocation: Invocation, service: String) throws -> Tracer? {
        guard let endpoint = try invocation.value(Options.otlpEndpoint) else { return nil }
        let configuration = Tracer.Configuration(
            endpoint: endpoint, service: service, version: Product.version)
        let http = HTTPClientConfiguration(userAgent: "longhaul/\(Product.version)")
        do {
            return try Tracer(configuration, http: http) { EventLog.log($0) }
        } catch {
            throw invocation.settings.usageError(Options.otlpEndpoint, error.detail)
        }
    }
}
