import LonghaulCore
import LonghaulTracing

/// The trace context of a submission, as part of the caller's trace or of a new one. Without a tracer, the jobs get the
/// caller's context.
struct SubmissionTrace {
    /// The trace context that is stored with the jobs.
    let traceparent: String?
    private let tracer: Tracer?
    private let context: TraceContext?
    private let parent: TraceContext?

    /// - Parameter given: the trace context of the caller.
    init(_ api: APIContext, under given: String?) {
        tracer = api.configuration.tracer
        let parent = given.flatMap { TraceContext(traceparent: $0) }
        self.parent = parent
        context = tracer.map { $0.begin(under: parent) }
        traceparent = context?.traceparent ?? given
    }

    /// Runs a submission, and records it as a span.
    ///
    /// - Parameters:
    ///   - queue: the queue that the request names; nil if it names none or several.
    ///   - describe: adds attributes to the span after the submission.
    func recording<Value>(
        _ name: String, queue: String?, _ submit: () async throws -> Value,
        about describe: (Value, inout Span) -> Void
    ) async throws -> Value {
        guard let tracer, let context else { return try await submit() }
        var span = Span(
            name, .producer, context: context, parent: parent, start: tracer.time.now(), end: .distantFuture,
            attributes: Span.messaging(.submit, queue: queue))
        do {
            let value = try await submit()
            describe(value, &span)
            span.end = tracer.time.now()
            tracer.record(span)
            return value
        } catch {
            let code = (error as? LonghaulError)?.code.rawValue
            span.fail("\(error)", type: code ?? "\(type(of: error))")
            span.end = tracer.time.now()
            tracer.record(span)
            throw error
        }
    }
}
