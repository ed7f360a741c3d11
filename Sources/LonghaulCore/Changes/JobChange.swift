/// A committed change of a job. Stores publish the changes of one commit as a ``ChangeBatch``.
public struct JobChange: Sendable, Hashable {
    /// The job.
    public var jobID: JobID
    /// Its queue.
    public var queue: String
    /// Its kind.
    public var kind: String
    /// Its priority, 0–9.
    public var priority = 5
    /// The labels that the job requires of a worker.
    public var labels: [String: String] = [:]
    /// The state of the job.
    public var state: JobState
    /// The state before; nil for a new job, the same state if only the progress changed.
    public var previous: JobState?
    /// The number of its latest attempt.
    public var attempt: Int
    /// The version of the job after this change. Progress does not increase it.
    public var version: Int
    /// When it happened.
    public var at: Timestamp
    /// When the job is due.
    public var runAt: Timestamp
    /// When the job must not start any more; nil if it does not expire.
    public var expiresAt: Timestamp?
    /// The progress of the attempt.
    public var progress: Progress?
    /// The error of the attempt that this change ended.
    public var error: JobError?
    /// On the start of an attempt: how long the job had been due, in seconds.
    public var waitedSeconds: Double?
    /// On the end of an attempt: how long it ran, in seconds.
    public var ranSeconds: Double?
    /// The fence of the lease that this change ended without success: the artifacts of that attempt are
    /// orphans now.
    public var endedFence: Int?

    /// Whether a pending job has another priority or partition.
    package var isRequeued = false

    /// Whether the job has a `callback_url`. Changes of other servers do not say so.
    public var hasWebhook = false

    /// The operations of its journal that the server has ended since its last change of state: timers, waits for signals, and
    /// child jobs. Changes of other servers do not say so.
    package var operationEnds: [OperationEnd: Int] = [:]

    /// A change of a job to this state.
    public init(
        jobID: JobID, queue: String, kind: String, state: JobState, previous: JobState?, attempt: Int,
        version: Int, at: Timestamp, runAt: Timestamp
    ) {
        self.jobID = jobID
        self.queue = queue
        self.kind = kind
        self.state = state
        self.previous = previous
        self.attempt = attempt
        self.version = version
        self.at = at
        self.runAt = runAt
    }

    /// Whether only the progress changed.
    public var isProgress: Bool { state == previous && progress != nil }
}
