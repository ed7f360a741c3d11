public import LonghaulCore
public import LonghaulJSON

/// What runs the jobs of a kind.
public struct Handler: Sendable {
    /// What an attempt gave.
    public struct Output: Sendable {
        /// The job's result: any JSON value.
        public var result: JSONText
        /// The jobs to submit in the same transaction as the completion.
        public var next: [NewJob]

        /// An output of this result.
        public init(result: JSONText = .null, next: [NewJob] = []) {
            self.result = result
            self.next = next
        }
    }

    /// Does the work of one attempt.
    public typealias Body = @Sendable (JobContext) async throws -> Output

    /// The kind of job.
    public var kind: String
    /// The only queue to take such jobs from; nil takes them from every queue of the worker.
    public var queue: String?
    /// The most jobs of the kind at once; nil leaves it to the slots of the queues.
    public var concurrency: Int?
    /// How long an attempt may run, in seconds, where the job itself does not say.
    public var timeoutSeconds: Double?
    /// How long the work may take to end once it is told to, in seconds, before the attempt is given up.
    public var endSeconds: Double
    /// Whether the work stops while its lease may have ended: see ``RunningJob/isPaused``.
    var isPausable = false
    let body: Body

    /// A handler of the kind.
    public init(
        kind: String, queue: String? = nil, concurrency: Int? = nil, timeoutSeconds: Double? = nil,
        endSeconds: Double = 10, body: @escaping Body
    ) {
        self.kind = kind
        self.queue = queue
        self.concurrency = concurrency
        self.timeoutSeconds = timeoutSeconds
        self.endSeconds = endSeconds
        self.body = body
    }
}

/// A fault that a handler throws to say more than that the attempt failed.
public struct JobFailure: Error, Sendable, Hashable {
    /// What goes into the job's record.
    public var error: JobError
    /// How long to wait before the next attempt, in place of the job's backoff, in seconds.
    public var retryInSeconds: Double?

    /// A fault of this type.
    ///
    /// - Parameter retryable: false if no attempt can ever succeed.
    public init(
        type: String, message: String, details: JSONText? = nil, retryable: Bool = true,
        retryInSeconds: Double? = nil
    ) {
        error = JobError(type: type, message: message, details: details, retryable: retryable)
        self.retryInSeconds = retryInSeconds
    }

    /// An error that a handler threw, as a fault of its attempt.
    init(wrapping error: any Error) {
        if let failure = error as? JobFailure {
            self = failure
        } else if let error = error as? LonghaulError {
            self.init(type: error.code.rawValue, message: error.detail, retryable: error.isTransient)
        } else {
            self.init(type: "\(Swift.type(of: error))", message: "\(error)")
        }
    }
}
