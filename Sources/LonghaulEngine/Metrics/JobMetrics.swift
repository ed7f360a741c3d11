import LonghaulCore
import Synchronization

/// Counts the changes of jobs in memory. Exactly one server counts each change, so the sum over all servers is the total.
///
/// Counters have the labels queue and kind, histograms have the label queue. ``LabelBound`` bounds the number of series.
final class JobMetrics: ChangeObserver {
    /// The maximum number of error types that have a label of their own.
    static let maxErrors = 50
    /// The maximum number of series of failed attempts.
    static let maxFailureSeries = 500

    fileprivate struct Pair: Hashable {
        var queue: String
        var kind: String
    }

    fileprivate struct Counts {
        var submitted = 0
        var completed = 0
        var failed = 0
        var cancelled = 0
        var failedAttempts: [String: Int] = [:]
    }

    fileprivate struct Durations {
        var waits = Histogram(bounds: Histogram.workBounds)
        var runs = Histogram(bounds: Histogram.workBounds)
    }

    fileprivate struct State {
        let maxPairs: Int
        var queues: LabelBound
        var kinds: LabelBound
        var errors = LabelBound(JobMetrics.maxErrors)
        var pairs: [Pair: Counts] = [:]
        var durations: [String: Durations] = [:]
        var failureSeries = 0
        var expiredLeases = 0
        var operations: [OperationOutcome: Int] = [:]
        var resumedRuns = 0
        var differences = 0
    }

    /// A change of an operation, as the metrics name it.
    fileprivate struct OperationOutcome: Hashable {
        var type: OperationType
        var outcome: String
    }

    /// The maximum number of queues, and of kinds, that have a label of their own.
    let maxLabels: Int
    private let state: Mutex<State>

    /// - Parameter maxLabels: the maximum number of queues, and of kinds, that have a label of their own.
    init(maxLabels: Int = 64) {
        self.maxLabels = maxLabels
        state = Mutex(
            State(maxPairs: 3 * maxLabels, queues: LabelBound(maxLabels), kinds: LabelBound(maxLabels)))
    }

    /// Counts the changes that this server counts.
    func observe(_ batch: ChangeBatch) {
        guard batch.countsInMetrics else { return }
        state.withLock { state in
            if let last = batch.changes.last { state.expire(at: last.at) }
            for change in batch.changes where !change.isProgress { state.count(change) }
        }
    }

    /// Counts the updates of a journal, each with the operation as it then stands.
    func count(_ updates: some Sequence<(OperationUpdate, JournalOperation)>) {
        state.withLock { state in
            for (update, operation) in updates {
                let hasEnded =
                    update.action == .start && operation.type.canEndAtStart && operation.status.isFinal
                let outcome = hasEnded ? operation.status.rawValue : update.action.outcome
                state.operations[OperationOutcome(type: update.type, outcome: outcome), default: 0] += 1
            }
        }
    }

    /// Counts an update that differs from the journal.
    func countNondeterminism() {
        state.withLock { $0.differences += 1 }
    }

    /// Removes the series of labels that were not used for an hour.
    func expire(at now: Timestamp) {
        state.withLock { $0.expire(at: now) }
    }

    /// The label of a queue in the counters.
    func label(ofQueue name: String) -> String {
        state.withLock { $0.queues.known(name) }
    }
}

extension JobMetrics.State {
    fileprivate mutating func expire(at now: Timestamp) {
        let queues = queues.expire(at: now)
        let kinds = kinds.expire(at: now)
        let errors = errors.expire(at: now)
        guard !queues.isEmpty || !kinds.isEmpty || !errors.isEmpty else { return }
        for queue in queues { durations[queue] = nil }
        pairs = pairs.filter { !queues.contains($0.key.queue) && !kinds.contains($0.key.kind) }
        for error in errors {
            for pair in pairs.keys { pairs[pair]?.failedAttempts[error] = nil }
        }
        failureSeries = pairs.values.reduce(0) { $0 + $1.failedAttempts.count }
    }

    fileprivate mutating func count(_ change: JobChange) {
        if change.previous == .processing, change.error == .leaseExpired { expiredLeases += 1 }
        if change.previous == .suspended, change.state == .pending { resumedRuns += 1 }
        for (end, count) in change.operationEnds {
            let outcome = JobMetrics.OperationOutcome(type: end.type, outcome: end.status.rawValue)
            operations[outcome, default: 0] += count
        }
        let queue = queues.label(change.queue, at: change.at)
        let pair = pair(queue, change)
        pairs[pair, default: .init()].count(change)
        if let error = change.error, change.previous == .processing,
            change.state == .failed || change.state == .retrying
        {
            count(error, of: pair, at: change.at)
        }
        if let waited = change.waitedSeconds { durations[queue, default: .init()].waits.add(waited) }
        if let ran = change.ranSeconds { durations[queue, default: .init()].runs.add(ran) }
    }

    private mutating func pair(_ queue: String, _ change: JobChange) -> JobMetrics.Pair {
        let pair = JobMetrics.Pair(queue: queue, kind: kinds.label(change.kind, at: change.at))
        if pairs[pair] != nil || pairs.count < maxPairs { return pair }
        return JobMetrics.Pair(queue: queue, kind: LabelBound.other)
    }

    private mutating func count(_ error: JobError, of pair: JobMetrics.Pair, at now: Timestamp) {
        var label = errors.label(error.type, at: now)
        if pairs[pair]?.failedAttempts[label] == nil {
            if failureSeries >= JobMetrics.maxFailureSeries { label = LabelBound.other }
            if pairs[pair]?.failedAttempts[label] == nil { failureSeries += 1 }
        }
        pairs[pair]?.failedAttempts[label, default: 0] += 1
    }
}

extension JobMetrics.Counts {
    fileprivate mutating func count(_ change: JobChange) {
        if change.previous == nil { submitted += 1 }
        if change.previous?.isFinal != true {
            switch change.state {
            case .completed: completed += 1
            case .failed: failed += 1
            case .cancelled: cancelled += 1
            case .scheduled, .blocked, .pending, .processing, .retrying, .suspended: break
            }
        }
    }
}

extension OperationType {
    /// Whether an operation of this type may end when it starts: a wait for a signal does if the job keeps the signal.
    fileprivate var canEndAtStart: Bool {
        switch self {
        case .marker, .timer, .signal: true
        case .step, .job, .group: false
        }
    }
}

extension OperationUpdate.Action {
    fileprivate var outcome: String {
        switch self {
        case .start: "started"
        case .succeed: "succeeded"
        case .fail: "failed"
        case .retry: "retried"
        case .cancel: "cancelled"
        }
    }
}

extension JobMetrics {
    /// Writes the counters of durable jobs.
    func writeJournals(to text: inout PrometheusText) {
        let (operations, resumed, differences) = state.withLock {
            ($0.operations, $0.resumedRuns, $0.differences)
        }
        text.begin(
            "longhaul_operations_total", .counter,
            "Changes of operations of journals, by type and outcome.")
        let sorted = operations.sorted {
            ($0.key.type.rawValue, $0.key.outcome) < ($1.key.type.rawValue, $1.key.outcome)
        }
        for (operation, count) in sorted {
            text.value(count, [("type", operation.type.rawValue), ("outcome", operation.outcome)])
        }
        text.begin("longhaul_resumed_runs_total", .counter, "Suspended jobs that became pending.")
        text.value(resumed)
        text.begin(
            "longhaul_nondeterminism_total", .counter,
            "Durable jobs that were paused because their code differed from their journal.")
        text.value(differences)
    }

    /// Writes the counters.
    func write(to text: inout PrometheusText) {
        let (pairs, durations, expired) = state.withLock { ($0.pairs, $0.durations, $0.expiredLeases) }
        let sorted = pairs.sorted { ($0.key.queue, $0.key.kind) < ($1.key.queue, $1.key.kind) }
        func labels(_ pair: Pair) -> PrometheusText.Labels { [("queue", pair.queue), ("kind", pair.kind)] }

        text.begin("longhaul_jobs_submitted_total", .counter, "Accepted jobs.")
        for (pair, counts) in sorted { text.value(counts.submitted, labels(pair)) }
        text.begin("longhaul_jobs_finished_total", .counter, "Ended jobs, by outcome.")
        for (pair, counts) in sorted {
            text.value(counts.completed, labels(pair) + [("outcome", "completed")])
            text.value(counts.failed, labels(pair) + [("outcome", "failed")])
            text.value(counts.cancelled, labels(pair) + [("outcome", "cancelled")])
        }
        text.begin("longhaul_job_attempts_failed_total", .counter, "Attempts that failed, by type of error.")
        for (pair, counts) in sorted {
            for (error, count) in counts.failedAttempts.sorted(by: { $0.key < $1.key }) {
                text.value(count, labels(pair) + [("error", error)])
            }
        }
        text.begin(
            "longhaul_job_wait_seconds", .histogram, "The time from due to the start of an attempt.")
        let queues = durations.sorted { $0.key < $1.key }
        for (queue, durations) in queues where durations.waits.count > 0 {
            text.value(durations.waits, [("queue", queue)])
        }
        text.begin(
            "longhaul_job_run_seconds", .histogram, "The time from the start to the end of an attempt.")
        for (queue, durations) in queues where durations.runs.count > 0 {
            text.value(durations.runs, [("queue", queue)])
        }
        text.begin(
            "longhaul_leases_expired_total", .counter, "Leases that ended because heartbeats stopped.")
        text.value(expired)
    }
}
