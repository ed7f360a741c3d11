package import LonghaulCore

/// A job as an SQL store keeps it: the job, and what only the store needs to know of it.
///
/// Of the job, what lies in other tables is missing until it has been filled in; see ``whole(faults:)``.
package struct JobRow: Sendable {
    package var job: Job
    /// The number of its latest lease.
    package var fence = 0
    /// The number of the last lease before its attempts were last counted afresh.
    package var fenceBase = 0
    /// The secret of its latest lease.
    package var secret: UInt64 = 0
    /// How long its lease lasts without a heartbeat.
    package var leaseMilliseconds: Int64 = 0
    /// When its lease ends, while processing.
    package var leaseExpiresAt: Timestamp?
    /// When it may be removed, once ended.
    package var purgeAt: Timestamp?
    /// How many of its dependencies have not ended, while blocked.
    package var waitingOn = 0
    /// How many of its dependencies are still to end as wanted before it is free, while blocked.
    package var needed = 0
    /// Whether it has, or had, children.
    package var isParent = false
    /// The version whose change brought the latest fault of this round of attempts; 0 for none.
    package var faultVersion = 0
    /// Whether other jobs wait for it to end.
    package var isAwaited = false
    /// The last lease under which a file was left; 0 for none.
    package var artifactFence = 0
    package var history = JobHistory()

    // MARK: What a driver notes for itself
    // All drivers have these, so that the rules work on one concrete type, without the price of a generic one.

    /// The number under which the row lies, where the driver gives it one.
    package var seq: Int64 = 0
    /// Whether the payload lies apart, and was not read with the row.
    package var payloadIsApart = false
    /// While pending: its value of the tag by which its queue is partitioned, where the row keeps it; empty for
    /// none.
    package var partition = ""
    /// Where it stands among the pending jobs, while pending, where they have a table of their own.
    package var place: PendingPlace?
    /// When the agenda has it, where the driver has one; nil if it is not there.
    package var due: Timestamp?

    /// The row of a job that nothing has happened to.
    package init(job: Job) {
        self.job = job
    }

    /// A row to be filled by reading columns; see ``JobColumn/read``.
    package static let blank: JobRow = {
        var spec = JobSpec(kind: "")
        spec.backoff = .storedDefault
        return JobRow(
            job: Job(
                id: JobID(high: 0, low: 0), spec: spec, state: .pending, caller: "",
                createdAt: Timestamp(milliseconds: 0), runAt: Timestamp(milliseconds: 0)))
    }()

    /// Whether a token is that of the job's present lease.
    package func isHeld(by token: LeaseToken, at clock: LeaseClock) -> Bool {
        guard let end = leaseEnd(by: clock) else { return false }
        return job.state == .processing && matches(token) && clock.now <= end
    }

    /// When its lease ends, with the time that an outage adds; nil if it has none.
    package func leaseEnd(by clock: LeaseClock) -> Timestamp? {
        leaseExpiresAt.map { clock.end(of: $0, lengthMilliseconds: leaseMilliseconds) }
    }

    /// Whether a token is that of the job's latest lease, ended or not.
    package func matches(_ token: LeaseToken) -> Bool {
        fence == token.fence && secret == token.secret
    }

    /// Whether the files of its latest lease belong to it.
    package var ownsArtifacts: Bool {
        job.state == .completed && fence > 0 && artifactFence == fence
    }

    /// The job with its error and its attempts.
    ///
    /// - Parameter faults: every fault of it, oldest first; asked for only if there are any that count.
    package func whole(faults: () throws -> [FaultRow]) rethrows -> Job {
        var job = job
        if faultVersion > 0 {
            let ours = try faults().filter { $0.fence > fenceBase || $0.version == faultVersion }
            if job.state != .completed { job.error = ours.last?.error }
            job.attempts = ours.compactMap(\.endedAttempt)
        }
        if let startedAt = job.startedAt, job.state == .processing || job.state == .completed {
            job.attempts.append(
                Attempt(
                    number: job.attempt, worker: job.worker?.name ?? "", startedAt: startedAt,
                    finishedAt: job.finishedAt))
        }
        return job
    }
}

/// Where a job stands among the pending: rising within its lane.
package struct PendingPlace: Hashable, Sendable {
    package var lane: Int
    package var position: Int64

    package init(lane: Int, position: Int64) {
        self.lane = lane
        self.position = position
    }
}
