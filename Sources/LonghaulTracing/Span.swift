public import LonghaulCore

/// A span of a trace.
public struct Span: Sendable, Hashable {
    /// The kind of a span, with the numbers of OpenTelemetry.
    public enum Kind: Int, Sendable, Hashable {
        /// An operation within a process.
        case inside = 1
        /// The submission of work.
        case producer = 4
        /// The execution of submitted work.
        case consumer = 5
    }

    /// The trace context of the span.
    public var context: TraceContext
    /// The parent span; nil for the root of the trace.
    public var parent: TraceContext?
    /// The name, such as `run image.resize`.
    public var name: String
    /// The kind of the span.
    public var kind: Kind
    /// The start time.
    public var start: Timestamp
    /// The end time.
    public var end: Timestamp
    /// The attributes.
    public var attributes: [String: String]
    /// The error message; nil on success.
    public var fault: String?

    /// Creates a span.
    public init(
        _ name: String, _ kind: Kind, context: TraceContext, parent: TraceContext?, start: Timestamp,
        end: Timestamp, attributes: [String: String] = [:], fault: String? = nil
    ) {
        self.name = name
        self.kind = kind
        self.context = context
        self.parent = parent
        self.start = start
        self.end = end
        self.attributes = attributes
        self.fault = fault
    }

    /// The attributes of a job.
    public static func attributes(of job: Job) -> [String: String] {
        [
            "longhaul.job.id": job.id.description, "longhaul.job.kind": job.spec.kind,
            "longhaul.queue": job.spec.queue,
        ]
    }
}
