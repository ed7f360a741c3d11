public import LonghaulCore

/// A part of a trace: something that began and ended.
public struct Span: Sendable, Hashable {
    /// What a span is in a conversation, with OpenTelemetry's numbers.
    public enum Kind: Int, Sendable, Hashable {
        /// Something within one process.
        case inside = 1
        /// The handing over of work.
        case producer = 4
        /// The doing of work that was handed over.
        case consumer = 5
    }

    /// Its place in the trace.
    public var context: TraceContext
    /// The span that it is part of; nil if it begins the trace.
    public var parent: TraceContext?
    /// What it is, such as `run image.resize`.
    public var name: String
    /// Its part in the conversation.
    public var kind: Kind
    /// When it began.
    public var start: Timestamp
    /// When it ended.
    public var end: Timestamp
    /// What is known of it; values are strings.
    public var attributes: [String: String]
    /// Why it failed; nil if it did not.
    public var fault: String?

    /// A span of these facts.
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

    /// What spans tell of a job.
    public static func attributes(of job: Job) -> [String: String] {
        [
            "longhaul.job.id": job.id.description, "longhaul.job.kind": job.spec.kind,
            "longhaul.queue": job.spec.queue,
        ]
    }
}
