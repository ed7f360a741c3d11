import LonghaulCore
import LonghaulJSON

/// A row of `jobs`: the job, and what only the store needs to know of it.
///
/// Of the job, what lies in other tables is missing until it has been filled in: attempts, faults, artifacts.
struct JobRow {
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
    /// How many of its dependencies have not ended, while blocked.
    var waitingOn = 0
    /// How many of its dependencies are still to end as wanted before it is free, while blocked.
    var needed = 0
    /// Whether it has, or had, children.
    var isParent = false
    /// The version whose change brought the latest fault of this round of attempts; 0 for none.
    var faultVersion = 0
    /// Whether other jobs wait for it to end.
    var isAwaited = false
    /// The last lease under which a file was left; 0 for none.
    var artifactFence = 0
    var history = JobHistory()
    /// Where it stands among the pending jobs, while pending.
    var place: PendingPlace?
    /// When the agenda has it; nil if it is not there.
    var due: Timestamp?

    init(job: Job) {
        self.job = job
    }

    /// Whether a token is that of the job's present lease.
    func isHeld(by token: LeaseToken, at now: Timestamp) -> Bool {
        guard let leaseExpiresAt else { return false }
        return job.state == .processing && matches(token) && now <= leaseExpiresAt
    }

    /// Whether a token is that of the job's latest lease, ended or not.
    func matches(_ token: LeaseToken) -> Bool {
        fence == token.fence && secret == token.secret
    }
}

/// Where a job stands among the pending: rising within its lane.
struct PendingPlace: Hashable {
    var lane: Int
    var position: Int64
}

extension PendingPlace {
    /// The position of a job that goes by its own age: what its identifier tells of it (48 bits of
    /// milliseconds and 12 of a counter).
    static func position(of id: JobID) -> Int64 {
        Int64(bitPattern: ((id.high >> 16) << 12 | id.high & 0xFFF) & 0x7FFF_FFFF_FFFF_FFFF)
    }

    /// The position of whatever became pending at a moment.
    static func position(at moment: Timestamp) -> Int64 {
        max(0, moment.milliseconds) << 12
    }
}
