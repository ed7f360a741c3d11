import LonghaulCore
import LonghaulJSON

/// A model of a store: the states of jobs, the counts of queues and the legal answers, in plain dictionaries.
///
/// It is an opinion of its own. It uses the values of LonghaulCore and none of its rules. Where the contract leaves a
/// choice to the store, such as the jobs of a claim, the model checks the choice of the store and follows it.
struct StoreModel {
    /// A lease that has not ended.
    struct ModelLease {
        var token: LeaseToken
        var expiresAt: Timestamp
        var seconds: Double
    }

    /// An attempt that ended with an error.
    struct EndedAttempt: Hashable {
        var workerID: String
        var startedAt: Timestamp
        var errorType: String
    }

    /// A job.
    struct ModelJob {
        /// What was submitted, with the priority and the tags of edits.
        var submission: Submission
        let createdAt: Timestamp
        var state: JobState
        var dependsOn: [JobID]
        var version = 1
        var attempt = 0
        /// When it is due. A retried job has a random back-off, so its time lies in a range until it is read.
        var runAt: ClosedRange<Timestamp>
        /// When it became pending.
        var pendingAt: Timestamp
        /// Whether it became pending later than it was submitted.
        var isLate = false
        var startedAt: Timestamp?
        var finishedAt: Timestamp?
        var workerID: String?
        var progress: Progress?
        /// The result; nil for a job that only collects.
        var result: JSONText?
        /// The type of its latest error since its attempts were last reset.
        var errorType: String?
        var endedAttempts: [EndedAttempt] = []
        var lease: ModelLease?
        /// The token of the latest lease.
        var latestToken: LeaseToken?
        /// The dependencies that have not ended, while it is blocked.
        var openDependencies: Set<JobID> = []
        /// The number of dependencies that must still satisfy it, while it is blocked.
        var needed = 0
        /// The outputs of its checkpoints.
        var steps: [String: JSONText] = [:]

        var spec: JobSpec { submission.spec }
        var id: JobID { submission.id }
    }

    /// A change of a job that the store must publish.
    struct Transition: Hashable {
        var id: JobID
        var version: Int
        var previous: JobState?
        var state: JobState
        var attempt: Int
        var errorType: String?
        var progress: Progress?
    }

    /// A stored submission key.
    struct ModelKey {
        var jobID: JobID
        var fingerprint: [UInt8]?
        /// Nil for a key that is live until its job has ended.
        var expiresAt: Timestamp?
    }

    var now: Timestamp
    var jobs: [JobID: ModelJob] = [:]
    var queues: [String: ModelQueue] = [:]
    var keys: [[UInt8]: ModelKey] = [:]
    /// The changes of the current operation.
    private(set) var transitions: [Transition] = []
    /// The differences between the store and the model that the current operation showed.
    private(set) var problems: [String] = []

    /// An empty store.
    init(now: Timestamp) {
        self.now = now
    }

    /// Starts an operation.
    mutating func begin(at now: Timestamp) {
        self.now = now
        transitions = []
        problems = []
    }

    /// Records a difference between the store and the model.
    mutating func report(_ problem: String) {
        problems.append(problem)
    }

    /// Records a difference unless the condition holds.
    mutating func expect(_ condition: Bool, _ problem: @autoclosure () -> String) {
        if !condition { report(problem()) }
    }

    /// The jobs in the order of their IDs, which is that of their creation.
    var sortedJobs: [ModelJob] { jobs.values.sorted { $0.id < $1.id } }

    /// The number of jobs of a queue in a state.
    func count(_ state: JobState, in queue: String) -> Int {
        jobs.values.count { $0.state == state && $0.spec.queue == queue }
    }

    // MARK: Changing jobs

    /// Adds a new job.
    mutating func add(_ job: ModelJob, errorType: String?) {
        var job = job
        job.errorType = errorType
        if job.state.hasEnded { job.finishedAt = now }
        jobs[job.id] = job
        queues[job.spec.queue, default: ModelQueue()].use(by: job.state)
        transitions.append(
            Transition(
                id: job.id, version: 1, previous: nil, state: job.state, attempt: 0, errorType: errorType))
        // No job depends on a job before it is stored.
    }

    /// Changes the state of a job, and resolves the jobs that wait for its end.
    mutating func move(
        _ id: JobID, to state: JobState, errorType: String? = nil,
        _ change: (inout ModelJob) -> Void = { _ in }
    ) {
        guard var job = jobs[id] else { return report("\(id) changed its state, but does not exist") }
        let previous = job.state
        change(&job)
        if previous == .processing {
            if let errorType, let workerID = job.workerID, let startedAt = job.startedAt {
                job.endedAttempts.append(
                    EndedAttempt(workerID: workerID, startedAt: startedAt, errorType: errorType))
            }
            job.lease = nil
        }
        job.state = state
        job.version += 1
        if let errorType { job.errorType = errorType }
        if state == .pending { (job.pendingAt, job.isLate) = (now, true) }
        if state.hasEnded { (job.finishedAt, job.openDependencies) = (now, []) }
        jobs[id] = job
        queues[job.spec.queue, default: ModelQueue()].use(by: state)
        transitions.append(
            Transition(
                id: id, version: job.version, previous: previous, state: state, attempt: job.attempt,
                errorType: errorType))
        if state.hasEnded { resolveDependents(of: id) }
    }

    /// Changes a job that keeps its state.
    mutating func rewrite(_ id: JobID, _ change: (inout ModelJob) -> Void) {
        guard var job = jobs[id] else { return report("\(id) was changed, but does not exist") }
        change(&job)
        job.version += 1
        jobs[id] = job
        transitions.append(
            Transition(
                id: id, version: job.version, previous: job.state, state: job.state, attempt: job.attempt))
    }

    /// Records the progress that a heartbeat brought.
    mutating func setProgress(_ progress: Progress, of id: JobID) {
        guard let job = jobs[id], job.progress != progress else { return }
        jobs[id]?.progress = progress
        transitions.append(
            Transition(
                id: id, version: job.version, previous: job.state, state: job.state, attempt: job.attempt,
                progress: progress))
    }

    /// Removes a job with its keys.
    mutating func remove(_ id: JobID) {
        jobs[id] = nil
        keys = keys.filter { $0.value.jobID != id }
    }

    /// Undoes the changes of a body that returns false.
    mutating func attempt(_ body: (inout StoreModel) -> Bool) {
        let saved = self
        if !body(&self) {
            let problems = problems
            self = saved
            self.problems = problems
        }
    }
}

/// A queue of the model.
struct ModelQueue {
    var settings = QueueSettings()
    /// Whether it was deleted while it had ended jobs, and not used since.
    var isHidden = false
    /// Whether pending jobs may wait to be sorted by a new partition key. Until then, the old key decides their turns.
    var isSorting = false
    /// The tokens of its rate limit, and when they were counted; nil without a limit.
    var bucket: (tokens: Double, countedAt: Timestamp)?

    /// A job of the queue is now in this state.
    mutating func use(by state: JobState) {
        if !state.hasEnded { isHidden = false }
    }

    /// The tokens of the rate limit at a time; nil without a limit.
    func tokens(at now: Timestamp) -> Double? {
        guard let limit = settings.rateLimit, let bucket else { return nil }
        let returned = now.seconds(since: bucket.countedAt) * Double(limit.jobs) / limit.periodSeconds
        return min(Double(limit.burst), bucket.tokens + returned)
    }
}

extension JobState {
    /// Whether the state is final.
    var hasEnded: Bool { self == .completed || self == .failed || self == .cancelled }
}
