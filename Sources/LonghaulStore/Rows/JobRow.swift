package import LonghaulCore

/// A row of a job: the job, and the fields that only the store uses.
///
/// The data in other tables is missing; see ``whole(faults:)``.
package struct JobRow: Sendable {
    package var job: Job
    /// The number of its latest lease.
    package var fence = 0
    /// The number of the last lease before its attempt counter was reset.
    package var fenceBase = 0
    /// The secret of its latest lease.
    package var secret: UInt64 = 0
    /// How long its lease lasts without a heartbeat.
    package var leaseMilliseconds: Int64 = 0
    /// When its lease ends, while processing.
    package var leaseExpiresAt: Timestamp?
    /// When it may be removed, once ended.
    package var purgeAt: Timestamp?
    /// The number of its dependencies that have not ended, while blocked.
    package var waitingOn = 0
    /// The number of its dependencies that must still satisfy it, while blocked.
    package var needed = 0
    /// Whether it has, or had, children.
    package var isParent = false
    /// The version of the latest error since its attempt counter was reset; 0 for none.
    package var faultVersion = 0
    /// Whether other jobs wait for it to end.
    package var isAwaited = false
    /// The last lease that left an artifact; 0 for none.
    package var artifactFence = 0
    package var history = JobHistory()

    // MARK: The journal

    /// The size of its operations, in bytes.
    package var journalBytes: Int64 = 0
    /// When the earliest of its waiting operations ends by time, while it is suspended.
    package var wakeAt: Timestamp?
    /// The operation in the journal of its parent that ends with it.
    package var parentOperation: String?
    /// Whether its journal has compensations, which a cancellation runs.
    package var hasCompensations = false
    /// The last lease in which its worker added or ended an operation. Only recorded if an attempt had failed before.
    package var progressFence = 0
    /// The operations that the server has ended, and that no change has published yet.
    package var operationEnds: [OperationEnd: Int] = [:]
    /// The rest of a journal that is copied to it.
    package var fork: ForkProgress?
    /// Whether maintenance cancels its descendants, because they were too many for the call that cancelled it.
    package var cancelsDescendants = false
    /// The reports to it, if it is an execution.
    package var reports = ReportSums()

    // MARK: What a driver notes for itself
    // All drivers have these, so that the rules work on one concrete type, without the price of a generic one.

    /// The primary key of the row, for a driver that has one.
    package var seq: Int64 = 0
    /// Whether the payload is in another table, and was not read with the row.
    package var payloadIsApart = false
    /// Its partition while it is pending, for a driver that stores it in the row; empty for none.
    package var partition = ""
    /// Its position while it is pending, for a driver with a table of pending jobs.
    package var place: PendingPlace?
    /// Its time in the agenda, for a driver that has one; nil without an agenda row.
    package var due: Timestamp?

    /// The row of a new job.
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

    /// Whether a token is that of the job's current lease.
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

    /// Whether an error of the job belongs to its current attempts.
    package func counts(_ fault: FaultRow) -> Bool {
        fault.version == faultVersion || fault.fence > fenceBase && fault.version < faultVersion
    }

    /// The job with its error and its attempts.
    ///
    /// - Parameter faults: all errors of it, oldest first. Only called if there are any that count.
    package func whole(faults: () throws -> [FaultRow]) rethrows -> Job {
        var job = job
        if faultVersion > 0 {
            let ours = try faults().filter(counts)
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

/// A position among the pending jobs. Positions rise within a lane.
package struct PendingPlace: Hashable, Sendable {
    package var lane: Int
    package var position: Int64

    package init(lane: Int, position: Int64) {
        self.lane = lane
        self.position = position
    }
}
