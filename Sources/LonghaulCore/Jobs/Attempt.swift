/// One run of a job by one worker.
public struct Attempt: Sendable, Hashable {
    /// 1 for the first since the job was submitted or asked for again.
    public var number: Int
    /// The worker's name, or its identifier if it has none.
    public var worker: String
    /// When the worker was given the job.
    public var startedAt: Timestamp
    /// When the attempt ended; nil while it runs.
    public var finishedAt: Timestamp?
    /// Why it failed; nil if it runs or succeeded.
    public var error: JobError?

    /// An attempt of these facts.
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
