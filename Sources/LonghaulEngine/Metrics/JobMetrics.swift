import LonghaulCore
import Synchronization

/// Counts what happens to jobs, in memory, from the changes that the store tells. Each server counts its own:
/// summed over servers, the counters tell of all.
final class JobMetrics: Sendable {
    /// How many queues have labels of their own.
    static let maxQueues = 200
    /// How many kinds have, over all queues.
    static let maxKinds = 200
    /// How many pairs of queue and kind have.
    static let maxPairs = 500
    /// How many types of error have.
    static let maxErrors = 100

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
        var waits = Histogram(bounds: Histogram.workBounds)
        var runs = Histogram(bounds: Histogram.workBounds)
    }

    fileprivate struct State {
        var queues = LabelBound(JobMetrics.maxQueues)
        var kinds = LabelBound(JobMetrics.maxKinds)
        var errors = LabelBound(JobMetrics.maxErrors)
        var pairs: [Pair: Counts] = [:]
        var expiredLeases = 0
    }

    private let state = Mutex(State())

    /// Counts changes. Called on the store's thread after each commit.
    func record(_ changes: [JobChange]) {
        state.withLock { state in
            for change in changes where !change.isProgress { state.count(change) }
        }
    }

    /// The label under which a queue is told.
    func label(ofQueue name: String) -> String {
        state.withLock { $0.queues.label(name) }
    }
}

extension JobMetrics.State {
    fileprivate mutating func count(_ change: JobChange) {
        let error = change.error.map { errors.label($0.type) }
        if change.previous == .processing, change.error == .leaseExpired { expiredLeases += 1 }
        pairs[pair(of: change), default: .init()].count(change, error: error)
    }

    private mutating func pair(of change: JobChange) -> JobMetrics.Pair {
        let queue = queues.label(change.queue)
        let pair = JobMetrics.Pair(queue: queue, kind: kinds.label(change.kind))
        if pairs.count < JobMetrics.maxPairs || pairs[pair] != nil { return pair }
        return JobMetrics.Pair(queue: queue, kind: LabelBound.other)
    }
}

extension JobMetrics.Counts {
    fileprivate mutating func count(_ change: JobChange, error: String?) {
        if change.previous == nil { submitted += 1 }
        if change.previous?.isFinal != true {
            switch change.state {
            case .completed: completed += 1
            case .failed: failed += 1
            case .cancelled: cancelled += 1
            case .scheduled, .blocked, .pending, .processing, .retrying: break
            }
        }
        if let error, change.previous == .processing, change.state == .failed || change.state == .retrying {
            failedAttempts[error, default: 0] += 1
        }
        if let waited = change.waitedSeconds { waits.add(waited) }
        if let ran = change.ranSeconds { runs.add(ran) }
    }
}

extension JobMetrics {
    /// Writes the counters.
    func write(to text: inout PrometheusText) {
        let (pairs, expired) = state.withLock { ($0.pairs, $0.expiredLeases) }
        let sorted = pairs.sorted { ($0.key.queue, $0.key.kind) < ($1.key.queue, $1.key.kind) }
        func labels(_ pair: Pair) -> PrometheusText.Labels { [("queue", pair.queue), ("kind", pair.kind)] }

        text.begin("longhaul_jobs_submitted_total", .counter, "Jobs accepted.")
        for (pair, counts) in sorted { text.value(counts.submitted, labels(pair)) }
        text.begin("longhaul_jobs_finished_total", .counter, "Jobs that ended, by how.")
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
        text.begin("longhaul_job_wait_seconds", .histogram, "From due to the start of an attempt.")
        for (pair, counts) in sorted where counts.waits.count > 0 { text.value(counts.waits, labels(pair)) }
        text.begin("longhaul_job_run_seconds", .histogram, "From the start to the end of an attempt.")
        for (pair, counts) in sorted where counts.runs.count > 0 { text.value(counts.runs, labels(pair)) }
        text.begin(
            "longhaul_leases_expired_total", .counter, "Leases that ended because heartbeats stopped.")
        text.value(expired)
    }
}
