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
    /// The attributes that are texts.
    public var attributes: [String: String]
    /// The attributes that are integers.
    public var numbers: [String: Int] = [:]
    /// Spans that caused this one. The span of an attempt links to that of its submission, as the conventions for messaging ask.
    public var links: [TraceContext] = []
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

    /// An operation on jobs, by the semantic conventions of OpenTelemetry for messaging: a job is a message, and a queue its
    /// destination.
    public enum Operation: String, Sendable {
        case submit
        case run

        /// The type of the operation in the conventions.
        var type: String {
            switch self {
            case .submit: "send"
            case .run: "process"
            }
        }
    }

    /// The attributes of an operation by the semantic conventions for messaging.
    ///
    /// - Parameters:
    ///   - queue: the queue; nil if the jobs are in several.
    ///   - job: the job; nil for several.
    public static func messaging(_ operation: Operation, queue: String?, job: JobID? = nil) -> [String:
        String]
    {
        var attributes = [
            "messaging.system": "longhaul", "messaging.operation.name": operation.rawValue,
            "messaging.operation.type": operation.type,
        ]
        if let queue { attributes["messaging.destination.name"] = queue }
        if let job { attributes["messaging.message.id"] = job.description }
        return attributes
    }

    /// Records an error.
    ///
    /// - Parameter type: a word that identifies the type of the error, for `error.type`.
    public mutating func fail(_ message: String, type: String) {
        fault = message
        attributes["error.type"] = type
    }

    /// The attributes of a job.
    public static func attributes(of job: Job) -> [String: String] {
        [
            "longhaul.job.id": job.id.description, "longhaul.job.kind": job.spec.kind,
            "longhaul.queue": job.spec.queue,
        ]
    }
}
