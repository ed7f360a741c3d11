/// A worker's proof that it lives and still runs these jobs.
public struct Heartbeat: Sendable, Hashable {
    /// One running job.
    public struct Beat: Sendable, Hashable {
        /// The attempt's token.
        public var token: LeaseToken
        /// How far it has come, if that is news.
        public var progress: Progress?

        /// A beat of the attempt with this token.
        public init(token: LeaseToken, progress: Progress? = nil) {
            self.token = token
            self.progress = progress
        }
    }

    /// The worker's own identifier.
    public var workerID: String
    /// Its running jobs.
    public var beats: [Beat]

    /// A heartbeat of this worker; without jobs it only says that the worker lives.
    public init(workerID: String, beats: [Beat] = []) {
        self.workerID = workerID
        self.beats = beats
    }
}

/// What became of each lease of a heartbeat.
public struct HeartbeatOutcome: Sendable, Hashable {
    /// A lease that goes on.
    public struct Renewal: Sendable, Hashable {
        /// Its token.
        public var token: LeaseToken
        /// When it now ends.
        public var expiresAt: Timestamp

        /// A renewal until the given moment.
        public init(token: LeaseToken, expiresAt: Timestamp) {
            self.token = token
            self.expiresAt = expiresAt
        }
    }

    /// The leases that go on.
    public var renewed: [Renewal] = []
    /// The leases whose jobs were cancelled: stop the work, there is nothing to report.
    public var cancelled: [LeaseToken] = []
    /// The leases that ended in any other way: stop the work, somebody else has the job.
    public var lost: [LeaseToken] = []

    /// An outcome of no leases.
    public init() {}
}
