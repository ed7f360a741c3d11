import LonghaulCore
import LonghaulJSON

/// Observes every commit, keeps its own model of each job, and reports broken rules.
///
/// It does not know how a store works. It knows the state machine, and the answers that clients and workers received.
final class Auditor: @unchecked Sendable {
    /// A lease, as its worker received it.
    struct Holder {
        var token: LeaseToken
        var worker: String?
        var grantedAt: Timestamp
        var expiresAt: Timestamp
        /// How long the lease lasts without a heartbeat.
        var seconds: Double
    }

    /// What must be true of a job.
    struct Model {
        /// The number of its first commit, for people.
        var number: Int
        var queue: String
        var state: JobState
        var version: Int
        /// When it last changed, and when it is due.
        var changedAt: Timestamp
        var runAt: Timestamp
        var attempt = 0
        /// The number of failed attempts since the count was last reset.
        var failures = 0
        var fence = 0
        /// Its lease; nil without a lease, or until the answer of the claim is known.
        var holder: Holder?
        /// The completion that was accepted.
        var completion: StoreCompletion?
        /// Whether a person retried it. It no longer waits for its dependencies then.
        var wasRetried = false
        /// Whether it was removed. Only an ended job may be removed.
        var isRemoved = false
        /// Its ends, if it has a `callback_url`: each has a webhook.
        var reportedEnds: [ReportedEnd] = []
        /// The ends whose webhooks were stored.
        var storedEnds: [ReportedEnd] = []
        /// Its webhooks that are kept.
        var webhooks: Set<JobID> = []
        /// Whether it was removed while its webhook was still retried.
        var lostWebhook = false
        /// Its submission; nil for a fork.
        var submission: Submission?
        /// Its specification, with its present priority. That of a fork has only what its changes say.
        var spec: JobSpec
    }

    /// What must be true of a queue.
    struct QueueModel {
        var settings = QueueSettings()
        var counts: [JobState: Int] = [:]
        /// When its jobs started, since its rate limit was last changed.
        var starts: [Timestamp] = []
        /// When its rate limit was last changed, and whether the bucket was full then. A bucket stays as it is when one limit
        /// replaces another.
        var limitedAt: Timestamp?
        var hadFullBucket = true
        /// Whether pending jobs may be in the partitions of earlier settings.
        var isSorting = false
    }

    let trace: Trace
    let clock: any TimeSource
    let punctuality: Punctuality
    var jobs: [JobID: Model] = [:]
    var queues: [String: QueueModel] = [:]
    /// The webhooks that the store keeps, without bodies.
    var deliveries: [JobID: WebhookDelivery] = [:]
    var journals: [JobID: JournalModel] = [:]
    /// The operation of each child job.
    var childOperations: [JobID: String] = [:]
    /// When each webhook was last claimed.
    var claimedAt: [JobID: Timestamp] = [:]
    /// Every submission that reached a store, stored or not.
    private var submissions: [JobID: Submission] = [:]
    /// The submissions for which the limits of queues apply.
    private(set) var bounded: Set<JobID> = []
    /// The ticks of the schedule that submitted a job.
    private(set) var ticks: Set<String> = []
    private(set) var violations: [String] = []
    /// The number of turns that skipped each partition since it was last served.
    var turns: [Round: [String: Int]] = [:]
    /// How long a job waits for one level of priority; nil without ageing.
    var ageingSeconds: Double?
    /// Whether the store moves pending jobs to their partitions some time after a queue gets other ones.
    var sortsPartitionsLater = false

    init(trace: Trace, clock: any TimeSource, punctuality: Punctuality) {
        self.trace = trace
        self.clock = clock
        self.punctuality = punctuality
    }

    /// Reports that a rule is broken.
    func report(_ violation: String) {
        violations.append(violation)
        trace.note(0xBAD, words: "!! \(violation)")
    }

    /// The name of a job in reports.
    func name(_ id: JobID) -> String {
        jobs[id].map { "job \($0.number)" } ?? "job \(id)"
    }

    // MARK: Changes

    /// Follows the changes of a commit.
    func observe(_ batch: ChangeBatch, by server: AuditedServer) {
        for change in batch.changes where !change.isProgress { follow(change, by: server) }
    }

    private func follow(_ change: JobChange, by server: AuditedServer) {
        let id = change.jobID
        if jobs[id] == nil { add(change) }
        guard var model = jobs[id] else { return }
        trace.note(
            id.low, UInt64(change.version), UInt64(change.state.rawValue.utf8.count),
            words: "job \(model.number) \(change.previous?.rawValue ?? "-") → \(change.state.rawValue), "
                + "attempt \(change.attempt)\(change.error.map { ", \($0.type)" } ?? "")")
        if let previous = change.previous {
            if previous != model.state || change.version != model.version + 1 {
                report(
                    "\(name(id)) went from \(previous.rawValue) version \(change.version - 1), "
                        + "but was \(model.state.rawValue) version \(model.version)")
            }
            if !previous.mayBecome(change.state) {
                report("\(name(id)) went from \(previous.rawValue) to \(change.state.rawValue)")
            }
            count(&model, change, after: previous, by: server)
            if change.error == .expired, let moment = model.submission?.spec.expiresAt {
                punctuality.expect("\(name(id)) expired", at: max(moment, model.changedAt))
            }
        }
        model.state = change.state
        model.version = change.version
        model.attempt = change.attempt
        model.spec.priority = change.priority
        (model.changedAt, model.runAt) = (change.at, change.runAt)
        model.addEnd(change)
        jobs[id] = model
        move(change)
    }

    private func add(_ change: JobChange) {
        let id = change.jobID
        var forkedSpec = JobSpec(kind: change.kind)
        forkedSpec.priority = change.priority
        jobs[id] = Model(
            number: jobs.count + 1, queue: change.queue, state: change.state, version: change.version,
            changedAt: change.at, runAt: change.runAt, submission: submissions[id],
            spec: submissions[id]?.spec ?? forkedSpec)
        if change.previous != nil || change.version != 1 {
            report("\(name(id)) has a first change that does not create it")
        }
    }

    /// Checks the count of attempts, and which call may end an attempt.
    private func count(
        _ model: inout Model, _ change: JobChange, after previous: JobState, by server: AuditedServer
    ) {
        let name = name(change.jobID)
        var expected = model.attempt
        switch (previous, change.state) {
        case (_, .processing): expected += 1
        case (.processing, .pending) where change.attempt == 0,
            (.processing, .suspended) where change.attempt == 0:
            // A job that continues as new has all its attempts again.
            (expected, model.failures) = (0, 0)
        case (.processing, .pending), (.processing, .suspended): expected -= 1
        case (.suspended, .pending) where change.attempt == 0:
            (expected, model.failures, model.wasRetried) = (0, 0, true)
            checkWakeUp(of: change, since: model.changedAt)
        case (.suspended, .pending): checkWakeUp(of: change, since: model.changedAt)
        case (.completed, .pending):
            (expected, model.failures, model.wasRetried, model.completion) = (0, 0, true, nil)
        case (.processing, .retrying), (.processing, .failed): model.failures += 1
        case (.failed, _), (.cancelled, _):
            (expected, model.failures, model.wasRetried) = (0, 0, true)
        case (.retrying, .pending) where change.attempt == 0:
            (expected, model.failures, model.wasRetried) = (0, 0, true)
        case (.retrying, .pending), (.scheduled, .pending):
            punctuality.expect("\(name) became due", at: max(model.runAt, model.changedAt))
        default: break
        }
        // A step of an execution makes the attempt that stored it the first one.
        if model.spec.kind == JobSpec.executionKind, previous == .processing, change.attempt < expected {
            (expected, model.failures) = (change.attempt, 0)
        }
        if change.attempt != expected {
            report("\(name) counts \(change.attempt) attempts where \(expected) were made")
        }
        let maximum = model.submission?.spec.maxAttempts ?? .max
        if change.attempt > maximum || model.failures > maximum {
            report(
                "\(name) was tried \(max(change.attempt, model.failures)) times, at most \(maximum) are allowed"
            )
        }
        let collects = model.submission?.spec.join.collects ?? false
        if change.state == .completed, collects == (previous == .processing) {
            report("\(name) was completed by a worker, but only collects, or without a worker")
        }
        guard previous == .processing else { return }
        if change.error == .leaseExpired, let holder = model.holder,
            change.at < server.earliestEnd(of: holder)
        {
            report("the lease of \(name) was ended before its time")
        }
        if change.error == .leaseExpired, let holder = model.holder {
            punctuality.expect("the lease of \(name) ended", at: server.earliestEnd(of: holder))
        }
        model.holder = nil
    }

    /// Keeps the counts of the queue, and checks its bounds.
    private func move(_ change: JobChange) {
        var queue = queues[change.queue, default: QueueModel()]
        if let previous = change.previous { queue.counts[previous, default: 0] -= 1 }
        queue.counts[change.state, default: 0] += 1
        let settings = queue.settings
        if change.previous == nil, bounded.contains(change.jobID) {
            let depth = queue.counts[.pending] ?? 0
            if change.state == .pending, let bound = settings.maxDepth, depth > bound {
                report("the queue \(change.queue) accepted a job beyond its max_depth of \(bound): \(depth)")
            }
        }
        if change.state == .processing {
            started(change.jobID, in: &queue, at: change.at)
            let running = queue.counts[.processing] ?? 0
            if settings.paused { report("the queue \(change.queue) leased a job while it was paused") }
            if let bound = settings.maxConcurrency, running > bound {
                report("the queue \(change.queue) runs \(running) jobs at once, at most \(bound) are allowed")
            }
        }
        queues[change.queue] = queue
    }

    /// Records the settings of a queue after they were committed.
    func setQueue(_ name: String, _ settings: QueueSettings) {
        var queue = queues[name] ?? QueueModel()
        if queue.settings.rateLimit != settings.rateLimit {
            queue.starts = []
            queue.limitedAt = clock.now()
            queue.hadFullBucket = queue.settings.rateLimit == nil
        }
        if sortsPartitionsLater, queue.settings.partitionBy != settings.partitionBy {
            queue.isSorting = queue.counts[.pending] ?? 0 > 0
        }
        queue.settings = settings
        queues[name] = queue
    }

    /// Records that the store has moved every pending job to its partition.
    func endSorting() {
        for name in queues.keys.filter({ queues[$0]?.isSorting == true }) {
            queues[name]?.isSorting = false
            forgetTurns()
        }
    }

    /// Counts skipped turns from now. The store forgets the latest turns when it restarts and when a transaction fails.
    func forgetTurns() {
        turns = [:]
    }

    // MARK: Submissions

    /// Records submissions before they reach the database.
    ///
    /// - Parameter isBounded: whether the limits of their queues apply.
    func willSubmit(_ entries: [Submission], isBounded: Bool) {
        for entry in entries {
            submissions[entry.id] = entry
            if isBounded {
                bounded.insert(entry.id)
                checkRoute(of: entry)
            }
        }
    }

    /// Checks the outcomes of submissions.
    func submitted(_ entries: [Submission], _ outcomes: [SubmitOutcome]) {
        for (entry, outcome) in zip(entries, outcomes) {
            switch outcome {
            case .created(let job):
                if jobs[job.id] == nil { report("a job was answered as created, but was not stored") }
            case .existing(let job):
                if jobs[job.id] == nil { report("a job was answered as existing, but was not stored") }
            case .refused(let error):
                if jobs[entry.id] != nil, error.code != .conflict {
                    report("\(name(entry.id)) was refused as \(error.code.rawValue), but is stored")
                }
            }
        }
    }

    /// Records that a tick submitted a job.
    func ticked(_ submission: Submission) {
        let tags = submission.spec.tags
        guard let tick = tags[ScheduleSpec.tagNames.tick],
            tags[ScheduleSpec.tagNames.schedule] == Planner.name
        else {
            return
        }
        if !ticks.insert(tick).inserted { report("the tick \(tick) submitted two jobs") }
    }

    /// Records that a job was removed.
    func removed(_ id: JobID) {
        guard let model = jobs[id] else { return }
        if !model.state.isFinal { report("\(name(id)) was removed while it was \(model.state.rawValue)") }
        jobs[id]?.isRemoved = true
        journals[id] = nil
        removeWebhooks(of: id)
        queues[model.queue]?.counts[model.state, default: 0] -= 1
        trace.note(id.low, 9, words: "\(name(id)) is removed")
    }
}

extension JobState {
    /// Whether `docs/job-states.md` has a transition from this state to another.
    fileprivate func mayBecome(_ next: JobState) -> Bool {
        // An edit may leave the state as it is.
        if next == self { return !isFinal && self != .processing }
        return switch self {
        case .scheduled, .retrying: [.pending, .suspended, .cancelled].contains(next)
        case .blocked: [.pending, .scheduled, .suspended, .failed, .cancelled, .completed].contains(next)
        // An edit may give it a time that lies ahead.
        case .pending: [.processing, .scheduled, .suspended, .cancelled].contains(next)
        case .processing: [.completed, .pending, .retrying, .suspended, .failed, .cancelled].contains(next)
        case .suspended: next == .pending || next == .cancelled
        case .failed, .cancelled: next == .pending || next == .completed
        // A restart from an operation.
        case .completed: next == .pending
        }
    }
}
