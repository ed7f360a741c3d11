/// A job that a worker holds, until the job is completed, failed or released, or the lease expires.
public struct Lease: Sendable, Hashable {
    /// The token, which every later call of the attempt contains.
    public var token: LeaseToken
    /// The job at the start of the attempt.
    public var job: Job
    /// When the lease expires unless a heartbeat renews it.
    public var expiresAt: Timestamp
    /// The interval of heartbeats, in seconds: a third of the lease.
    public var heartbeatSeconds: Double

    /// The first operations of the job's journal, at most ``JournalPage/leaseCount``.
    public var journal = JournalPage()

    /// The reports to an execution that no runner has handled; nil if there are many, and for other jobs. Only runners in a server get
    /// them.
    public var reports: [KeyedRecord]?

    /// Why this worker cannot read the job; nil if it can. If the reason is permanent, the attempt fails without a
    /// retry. If it is transient, the worker releases the job.
    public var unreadable: LonghaulError?

    /// A lease of this job.
    public init(token: LeaseToken, job: Job, expiresAt: Timestamp, heartbeatSeconds: Double) {
        self.token = token
        self.job = job
        self.expiresAt = expiresAt
        self.heartbeatSeconds = heartbeatSeconds
    }

    /// The number of the attempt.
    public var attempt: Int { job.attempt }
}

/// A worker's request for jobs.
public struct LeaseRequest: Sendable, Hashable {
    /// The worker.
    public var worker: WorkerInfo
    /// The queues to take jobs from, in this order.
    public var queues: [String]
    /// The kinds to take; empty for every kind.
    public var kinds: [String]
    /// The maximum number of jobs.
    public var maxJobs: Int
    /// The duration of each lease without a heartbeat.
    public var leaseSeconds: Double
    /// The maximum wait for the first job.
    public var waitSeconds: Double

    /// A request for jobs of these queues.
    public init(
        worker: WorkerInfo, queues: [String] = ["default"], kinds: [String] = [], maxJobs: Int = 1,
        leaseSeconds: Double = 30, waitSeconds: Double = 0
    ) {
        self.worker = worker
        self.queues = queues
        self.kinds = kinds
        self.maxJobs = maxJobs
        self.leaseSeconds = leaseSeconds
        self.waitSeconds = waitSeconds
    }
}
