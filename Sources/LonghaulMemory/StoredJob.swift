import LonghaulCore
import LonghaulJSON

/// A job as the database keeps it, with all that belongs to it.
///
/// The job's `error`, `attempts` and `artifacts` are filled in when it is read; see ``whole``.
struct StoredJob: Sendable {
    var job: Job
    /// The number of its latest lease.
    var fence = 0
    /// The number of the last lease before its attempts were last counted afresh.
    var fenceBase = 0
    /// The secret of its latest lease.
    var secret: UInt64 = 0
    /// How long its lease lasts without a heartbeat.
    var leaseMilliseconds: Int64 = 0
    /// When its lease ends, while processing.
    var leaseExpiresAt: Timestamp?
    /// When it may be removed, once ended.
    var purgeAt: Timestamp?
    /// Those of its dependencies that have not ended, while blocked.
    var waitsFor: Set<JobID> = []
    /// How many of those are to end as wanted before it is free.
    var needed = 0
    /// The version whose change brought the latest fault of this round of attempts; 0 for none.
    var faultVersion = 0
    var faults: [StoredFault] = []
    /// What was told of it, but for progress.
    var history: [JobChange] = []
    var logs: [StoredLogLine] = []
    var steps: [String: JSONText] = [:]
    /// The files of its latest lease that left any.
    var artifacts: [Artifact] = []

    /// Whether a token is that of the job's present lease.
    func isHeld(by token: LeaseToken, at now: Timestamp) -> Bool {
        guard let leaseExpiresAt else { return false }
        return job.state == .processing && matches(token) && now <= leaseExpiresAt
    }

    /// Whether a token is that of the job's latest lease, ended or not.
    func matches(_ token: LeaseToken) -> Bool {
        fence == token.fence && secret == token.secret
    }

    /// The job with its error, attempts and files.
    var whole: Job {
        var job = job
        if faultVersion > 0 {
            let faults = faults.filter { $0.fence > fenceBase || $0.version == faultVersion }
            if job.state != .completed { job.error = faults.last?.error }
            job.attempts = faults.compactMap(\.endedAttempt)
        }
        if let startedAt = job.startedAt, job.state == .processing || job.state == .completed {
            job.attempts.append(
                Attempt(
                    number: job.attempt, worker: job.worker?.name ?? "", startedAt: startedAt,
                    finishedAt: job.finishedAt))
        }
        if job.state == .completed {
            job.artifacts = artifacts.filter { $0.fence == fence }.sorted { $0.name < $1.name }
        }
        return job
    }
}

/// An error that a change brought to a job and, if it ended an attempt, that attempt.
struct StoredFault: Sendable {
    /// The job's version with the change.
    var version: Int
    /// The lease that ended; 0 if the job was not leased.
    var fence: Int
    var attempt: Int
    var worker: WorkerRef?
    var startedAt: Timestamp?
    var at: Timestamp
    var error: JobError

    /// The attempt that the fault ended; nil if there was none.
    var endedAttempt: Attempt? {
        guard fence > 0, let startedAt else { return nil }
        return Attempt(
            number: attempt, worker: worker?.name ?? "", startedAt: startedAt, finishedAt: at, error: error)
    }
}
