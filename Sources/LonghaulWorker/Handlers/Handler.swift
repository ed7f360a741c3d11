public import LonghaulCore
public import LonghaulJSON

/// Runs the jobs of one kind.
public struct Handler: Sendable {
    /// The output of an attempt.
    public struct Output: Sendable {
        /// The job's result: any JSON value.
        public var result: JSONText
        /// The jobs to submit in the same transaction as the completion.
        public var next: [NewJob]

        /// Creates an output.
        public init(result: JSONText = .null, next: [NewJob] = []) {
            self.result = result
            self.next = next
        }
    }

    /// The function that runs one attempt.
    public typealias Body = @Sendable (JobContext) async throws -> Output

    /// The kind of job.
    public var kind: String
    /// The only queue from which the worker takes jobs of this kind; nil for every queue of the worker.
    public var queue: String?
    /// The maximum number of running jobs of the kind; nil for no limit besides the slots of the queues.
    public var concurrency: Int?
    /// The timeout of an attempt, in seconds, for a job that sets none.
    public var timeoutSeconds: Double?
    /// How long the work may take to end after its cancellation, in seconds. Then the worker reports the attempt
    /// without waiting further.
    public var endSeconds: Double
    /// Whether the work can pause while its lease may have ended: see ``JobContext/isPaused``.
    package var isPausable = false
    let body: Body

    /// Creates a handler of the kind.
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

/// An error that a handler throws to set the details of a failed attempt.
public struct JobFailure: Error, Sendable, Hashable {
    /// The error that the job records.
    public var error: JobError
    /// The delay before the next attempt, in seconds. It replaces the job's back-off.
    public var retryInSeconds: Double?

    /// Creates an error of this type.
    ///
    /// - Parameter retryable: false if no attempt can ever succeed.
    public init(
        type: String, message: String, details: JSONText? = nil, retryable: Bool = true,
        retryInSeconds: Double? = nil
    ) {
        error = JobError(type: type, message: message, details: details, retryable: retryable)
        self.retryInSeconds = retryInSeconds
    }

    /// A failure with this error.
    package init(_ error: JobError) {
        self.error = error
    }

    /// Converts an error that a handler threw.
    package init(wrapping error: any Error) {
        if let failure = error as? JobFailure {
            self = failure
        } else if let error = error as? LonghaulError {
            self.init(type: error.code.rawValue, message: error.detail, retryable: error.isTransient)
        } else {
            self.init(type: "\(Swift.type(of: error))", message: "\(error)")
        }
    }
}

/// Thrown by a handler that has suspended its job, or begun it again: the lease has ended, and the worker reports nothing.
package struct AttemptSuspended: Error {
    package init() {}
}

extension Handler {
    /// Runs one attempt without a worker, and without its time limit.
    package func runAttempt(
        _ lease: Lease, gateway: any WorkerGateway, time: any TimeSource
    ) async throws -> Output {
        let alarm = Alarm(SteadyClock(time))
        let running = RunningJob(
            lease: lease, handler: self, timeoutSeconds: 86_400, now: .now, alarm: alarm)
        let lines = LogBuffer(token: lease.token, gateway: gateway, alarm: alarm)
        return try await body(JobContext(running: running, gateway: gateway, logLines: lines, time: time))
    }
}
