package import LonghaulJSON

/// A job with all that a store keeps of it, on its way to another store.
package struct MovedJob: Sendable {
    /// A fault that a change brought, and the attempt that it ended, if it did.
    package struct Fault: Sendable {
        /// The job's version with the change.
        package var version: Int
        /// The lease that ended; 0 if the job was not leased.
        package var fence: Int
        /// The number of the attempt.
        package var attempt: Int
        /// Who had the lease.
        package var worker: WorkerRef?
        /// When the attempt began.
        package var startedAt: Timestamp?
        /// When it happened.
        package var at: Timestamp
        /// What happened.
        package var error: JobError

        /// A fault of these facts.
        package init(version: Int, fence: Int, attempt: Int, at: Timestamp, error: JobError) {
            self.version = version
            self.fence = fence
            self.attempt = attempt
            self.at = at
            self.error = error
        }
    }

    /// A key that stands for it.
    package struct Key: Sendable {
        /// What stands for the caller and the key.
        package var digest: [UInt8]
        /// What stands for the request; nil where any matches.
        package var fingerprint: [UInt8]?
        /// When the key ends; nil if it holds while the job is active.
        package var expiresAt: Timestamp?

        /// A key of these facts.
        package init(digest: [UInt8], fingerprint: [UInt8]?, expiresAt: Timestamp?) {
            self.digest = digest
            self.fingerprint = fingerprint
            self.expiresAt = expiresAt
        }
    }

    /// The job, without what is listed apart.
    package var job: Job
    /// The number of its latest lease, and of the last before its attempts were last counted afresh.
    package var fence = 0
    package var fenceBase = 0
    /// The secret of its latest lease.
    package var secret: UInt64 = 0
    /// How long its lease lasts, and when it ends.
    package var leaseMilliseconds: Int64 = 0
    package var leaseExpiresAt: Timestamp?
    /// When it may be removed, once ended.
    package var purgeAt: Timestamp?
    /// How many of its dependencies have not ended, and how many must still end as wanted.
    package var waitingOn = 0
    package var needed = 0
    /// Whether it has children, and whether jobs wait for it.
    package var isParent = false
    package var isAwaited = false
    /// The version whose change brought the latest fault; 0 for none.
    package var faultVersion = 0
    /// The last lease under which a file was left; 0 for none.
    package var artifactFence = 0
    /// Its changes of state, as both stores write them.
    package var history: [UInt8] = []
    /// Its faults, oldest first.
    package var faults: [Fault] = []
    /// Its keys.
    package var keys: [Key] = []
    /// The jobs that wait for it.
    package var waiting: [JobID] = []
    /// Its log.
    package var lines: [StoredLogLine] = []
    /// Its checkpoints.
    package var steps: [String: JSONText] = [:]
    /// Its files, of every lease.
    package var artifacts: [Artifact] = []

    /// A job of which nothing else is known yet.
    package init(job: Job) {
        self.job = job
    }
}
