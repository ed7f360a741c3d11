import LonghaulCore
import LonghaulHTTP
import LonghaulTracing

/// How a process that runs on by itself is watched: the form of its log, and where its traces go.
enum Telemetry {
    /// Runs `body` with the tracer that the settings ask for, nil if none, and sends what is left after it.
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
            return try Tracer(configuration, http: http) { EventLog.tell($0) }
        } catch {
            throw invocation.settings.fault(Options.otlpEndpoint, error.detail)
        }
    }
}
