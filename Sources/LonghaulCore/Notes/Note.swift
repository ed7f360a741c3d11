/// A log message of a server or a worker, with the job, worker or request that it is about.
public struct Note: Sendable, Hashable, ExpressibleByStringInterpolation {
    /// The severity.
    public var level: LogLine.Level
    /// The message, for people.
    public var message: String
    /// The job that the message is about.
    public var jobID: JobID?
    /// The number of the attempt that the message is about.
    public var attempt: Int?
    /// The worker that logs the message.
    public var worker: String?
    /// The trace of the message.
    public var trace: TraceContext?
    /// The request that the message is about.
    public var requestID: String?

    /// A log message.
    public init(_ message: String, level: LogLine.Level = .info) {
        self.message = message
        self.level = level
    }

    /// A log message without context.
    public init(stringLiteral text: String) {
        self.init(text)
    }

    /// A log message about an attempt of a job.
    public init(_ message: String, level: LogLine.Level = .info, about job: Job) {
        self.init(message, level: level)
        jobID = job.id
        attempt = job.attempt
        trace = job.spec.traceparent.flatMap { TraceContext(traceparent: $0) }
    }
}
