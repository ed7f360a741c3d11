/// A job in the hands of a worker, until it is completed, failed or given back, or its time is up.
public struct Lease: Sendable, Hashable {
    /// What every later call of the attempt carries.
    public var token: LeaseToken
    /// The job, as it stands at the start of the attempt.
    public var job: Job
    /// When the lease ends unless a heartbeat renews it.
    public var expiresAt: Timestamp
    /// How often to send heartbeats, in seconds: a third of the lease.
    public var heartbeatSeconds: Double

    /// Why this worker cannot read the job; nil if it can. The attempt fails for good if the reason is lasting, and
    /// goes back if it is transient.
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
    /// Who asks.
    public var worker: WorkerInfo
    /// The queues to take from, the first one first.
    public var queues: [String]
    /// The kinds to take; empty for every kind.
    public var kinds: [String]
    /// At most this many jobs.
    public var maxJobs: Int
    /// How long each lease lasts without a heartbeat.
    public var leaseSeconds: Double
    /// How long to wait for the first job.
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
