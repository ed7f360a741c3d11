/// A heartbeat: a worker reports that it is alive and still runs these jobs.
public struct Heartbeat: Sendable, Hashable {
    /// One running job.
    public struct Beat: Sendable, Hashable {
        /// The attempt's token.
        public var token: LeaseToken
        /// The progress of the attempt, if it has changed.
        public var progress: Progress?

        /// An entry for the attempt with this token.
        public init(token: LeaseToken, progress: Progress? = nil) {
            self.token = token
            self.progress = progress
        }
    }

    /// The ID of the worker.
    public var workerID: String
    /// Its running jobs.
    public var beats: [Beat]

    /// A heartbeat of this worker, which may have no jobs.
    public init(workerID: String, beats: [Beat] = []) {
        self.workerID = workerID
        self.beats = beats
    }
}

/// The outcome of a heartbeat for each lease.
public struct HeartbeatOutcome: Sendable, Hashable {
    /// A renewed lease.
    public struct Renewal: Sendable, Hashable {
        /// Its token.
        public var token: LeaseToken
        /// When the lease ends now.
        public var expiresAt: Timestamp

        /// A renewal until this time.
        public init(token: LeaseToken, expiresAt: Timestamp) {
            self.token = token
            self.expiresAt = expiresAt
        }
    }

    /// The renewed leases.
    public var renewed: [Renewal] = []
    /// The leases of cancelled jobs. The worker must stop the work, and has nothing to report.
    public var cancelled: [LeaseToken] = []
    /// The leases that ended for another reason. The worker must stop the work: another worker may run the job.
    public var lost: [LeaseToken] = []

    /// An outcome without leases.
    public init() {}
}
