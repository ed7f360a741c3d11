/// Something that a server or a worker tells those who run it, with what it is about.
public struct Note: Sendable, Hashable, ExpressibleByStringInterpolation {
    /// How grave it is.
    public var level: LogLine.Level
    /// What happened, for people.
    public var message: String
    /// The job that it is about.
    public var jobID: JobID?
    /// The number of the attempt that it is about.
    public var attempt: Int?
    /// The worker that tells it.
    public var worker: String?
    /// The trace to which it belongs.
    public var trace: TraceContext?
    /// The request that it is about.
    public var requestID: String?

    /// A note of this message.
    public init(_ message: String, level: LogLine.Level = .info) {
        self.message = message
        self.level = level
    }

    /// A note of this text, about nothing in particular.
    public init(stringLiteral text: String) {
        self.init(text)
    }

    /// A note about an attempt of a job.
    public init(_ message: String, level: LogLine.Level = .info, about job: Job) {
        self.init(message, level: level)
        jobID = job.id
        attempt = job.attempt
        trace = job.spec.traceparent.flatMap { TraceContext(traceparent: $0) }
    }
}
