/// One run of a job by one worker.
public struct Attempt: Sendable, Hashable {
    /// The number of the attempt: 1 for the first one after the job was submitted or retried.
    public var number: Int
    /// The worker's name, or its identifier if it has none.
    public var worker: String
    /// When the worker leased the job.
    public var startedAt: Timestamp
    /// When the attempt ended; nil while it runs.
    public var finishedAt: Timestamp?
    /// The error; nil if the attempt is running or succeeded.
    public var error: JobError?

    /// An attempt.
    public init(
        number: Int, worker: String, startedAt: Timestamp, finishedAt: Timestamp? = nil,
        error: JobError? = nil
    ) {
        self.number = number
        self.worker = worker
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.error = error
    }
}
