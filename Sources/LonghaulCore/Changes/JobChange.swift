/// Something that happened to a job, told after it was committed.
public struct JobChange: Sendable, Hashable {
    /// The job.
    public var jobID: JobID
    /// Its queue.
    public var queue: String
    /// Its kind.
    public var kind: String
    /// Its priority, 0–9.
    public var priority = 5
    /// The labels that it needs of its worker.
    public var labels: [String: String] = [:]
    /// Where it stands now.
    public var state: JobState
    /// Where it stood before; nil for a new job, the same state if only its progress changed.
    public var previous: JobState?
    /// The number of its latest attempt.
    public var attempt: Int
    /// The job's version with this change. Progress does not raise it.
    public var version: Int
    /// When it happened.
    public var at: Timestamp
    /// When the job is due; tells the engine when to look again.
    public var runAt: Timestamp
    /// How far the attempt has come.
    public var progress: Progress?
    /// The fault that this change brought, if it did.
    public var error: JobError?
    /// On the start of an attempt: how long the job had been due, in seconds.
    public var waitedSeconds: Double?
    /// On the end of an attempt: how long it ran, in seconds.
    public var ranSeconds: Double?
    /// The fence of the lease that this change ended without success: the artifacts of that attempt are
    /// orphans now.
    public var endedFence: Int?

    /// Whether another process made it, over the same store. It is told here for those who wait and watch; what
    /// is to follow from it is that process's part.
    public var isElsewhere = false
    /// Whether it is for this process to count: however many are told of a change, one of them counts it.
    public var isCounted = true

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
