import LonghaulCore
import Synchronization

/// Measures the rates and durations of each queue, from the changes of its jobs in the last minute.
final class QueueMeter: ChangeObserver {
    /// The length of the window, in seconds.
    static let window = 60
    /// The maximum number of durations of each kind that a meter holds.
    static let maxSamples = 1024

    /// The counts of one second.
    fileprivate struct Second {
        var at: Int64 = -1
        var enqueued = 0
        var started = 0
        var finished = 0
        var failed = 0
        /// The number of jobs that became pending after they had waited for a time or for other jobs.
        var promoted = 0
    }

    /// The latest durations, each with the second in which it ended.
    fileprivate struct Samples {
        var values: [(at: Int64, seconds: Double)] = []
        var next = 0

        mutating func add(_ seconds: Double, at second: Int64) {
            if values.count < QueueMeter.maxSamples {
                values.append((second, seconds))
            } else {
                values[next] = (second, seconds)
                next = (next + 1) % QueueMeter.maxSamples
            }
        }

        func quantiles(since second: Int64) -> QueueRates.Quantiles? {
            let sorted = values.lazy.filter { $0.at >= second }.map(\.seconds).sorted()
            guard let last = sorted.last else { return nil }
            func at(_ share: Double) -> Double {
                let index = Int((Double(sorted.count) * share).rounded(.up)) - 1
                return index < sorted.count ? sorted[max(0, index)] : last
            }
            return QueueRates.Quantiles(p50: at(0.5), p95: at(0.95), p99: at(0.99))
        }
    }

    fileprivate struct Meter {
        var seconds = [Second](repeating: Second(), count: QueueMeter.window)
        var waits = Samples()
        var runs = Samples()

        /// The second of the latest change.
        var latest: Int64 = 0

        mutating func count(_ change: JobChange) {
            let second = change.at.milliseconds / 1000
            latest = max(latest, second)
            seconds.count(change)
            if let waited = change.waitedSeconds { waits.add(waited, at: second) }
            if let ran = change.ranSeconds { runs.add(ran, at: second) }
        }
    }

    /// The mean run time of an idle queue.
    fileprivate struct PastRuns {
        var meanSeconds: Double
        var at: Int64
    }

    fileprivate struct State {
        var meters: [String: Meter] = [:]
        /// The counts of all queues together.
        var total = [Second](repeating: Second(), count: QueueMeter.window)
        /// The mean run times of idle queues.
        var past: [String: PastRuns] = [:]
        /// The second in which the next search for idle queues is due.
        var pruneAt: Int64 = 0
    }

    /// The interval between searches for idle queues, in seconds.
    fileprivate static let pruneSeconds: Int64 = 10
    /// The time for which the mean run time of an idle queue is kept, in seconds.
    fileprivate static let pastSeconds: Int64 = 3600
    /// The maximum number of idle queues whose mean run time is kept.
    fileprivate static let maxPast = 10_000

    private let state = Mutex(State())
    private let startedAt: Timestamp

    init(startedAt: Timestamp) {
        self.startedAt = startedAt
    }

    func observe(_ batch: ChangeBatch) {
        state.withLock { state in
            for change in batch.changes where !change.isProgress {
                state.meters[change.queue, default: Meter()].count(change)
                state.total.count(change)
            }
            if let last = batch.changes.last { state.prune(at: last.at.milliseconds / 1000) }
        }
    }

    /// Removes the meters of queues without changes in the window.
    func prune(at now: Timestamp) {
        state.withLock { $0.prune(at: now.milliseconds / 1000) }
    }

    /// Removes all measurements of queues.
    func forget(_ queues: [String]) {
        state.withLock { state in
            for queue in queues {
                state.meters[queue] = nil
                state.past[queue] = nil
            }
        }
    }

    /// The number of queues that have a meter.
    var count: Int { state.withLock(\.meters.count) }

    /// The rates of a queue over the last minute, or since the start if that is shorter.
    func rates(of queue: String, at now: Timestamp) -> QueueRates {
        let (since, span) = recent(at: now)
        return state.withLock { state in
            guard let meter = state.meters[queue] else { return QueueRates() }
            let recent = meter.seconds.filter { $0.at >= since }
            func rate(_ count: (Second) -> Int) -> Double {
                // lock-safe: reads a counter.
                Double(recent.reduce(0) { $0 + count($1) }) / span
            }
            return QueueRates(
                enqueueRate: rate(\.enqueued), drainRate: rate(\.started), finishRate: rate(\.finished),
                failureRate: rate(\.failed),
                waitSeconds: meter.waits.quantiles(since: since),
                runSeconds: meter.runs.quantiles(since: since))
        }
    }

    /// The mean run time of the latest attempts in these queues; nil if none has ended.
    func meanRunSeconds(of queues: [String]) -> Double? {
        let (runs, past) = state.withLock { state in
            (
                queues.flatMap { state.meters[$0]?.runs.values ?? [] },
                queues.compactMap { state.past[$0]?.meanSeconds }
            )
        }
        if !runs.isEmpty { return runs.reduce(0) { $0 + $1.seconds } / Double(runs.count) }
        return past.isEmpty ? nil : past.reduce(0, +) / Double(past.count)
    }

    /// The number of jobs of the queue that start per second; nil if none has started in the last minute.
    func drainRate(of queue: String, at now: Timestamp) -> Double? {
        rate(of: queue, at: now, \.started)
    }

    /// The number of jobs of all queues that start per second; nil if none has started in the last minute.
    func drainRate(at now: Timestamp) -> Double? {
        rate(of: nil, at: now, \.started)
    }

    /// The number of waiting jobs of the queue that become pending or end per second; nil if none has in the last minute.
    func promotionRate(of queue: String, at now: Timestamp) -> Double? {
        rate(of: queue, at: now, \.promoted)
    }

    private func rate(of queue: String?, at now: Timestamp, _ count: KeyPath<Second, Int>) -> Double? {
        let (since, span) = recent(at: now)
        let sum = state.withLock { state in
            let seconds = queue.map { state.meters[$0]?.seconds ?? [] } ?? state.total
            return seconds.reduce(0) { $0 + ($1.at >= since ? $1[keyPath: count] : 0) }
        }
        return sum > 0 ? Double(sum) / span : nil
    }

    /// The first second of the window, and the length of its measured part.
    private func recent(at now: Timestamp) -> (since: Int64, span: Double) {
        (
            now.milliseconds / 1000 - Int64(Self.window) + 1,
            min(Double(Self.window), max(1, now.seconds(since: startedAt)))
        )
    }
}

extension QueueMeter.State {
    fileprivate mutating func prune(at second: Int64) {
        guard second >= pruneAt else { return }
        pruneAt = second + QueueMeter.pruneSeconds
        let horizon = second - Int64(QueueMeter.window)
        for (queue, meter) in meters where meter.latest < horizon {
            meters[queue] = nil
            let runs = meter.runs.values
            guard !runs.isEmpty, past.count < QueueMeter.maxPast else { continue }
            past[queue] = QueueMeter.PastRuns(
                meanSeconds: runs.reduce(0) { $0 + $1.seconds } / Double(runs.count), at: meter.latest)
        }
        if past.contains(where: { $0.value.at < second - QueueMeter.pastSeconds }) {
            past = past.filter { $0.value.at >= second - QueueMeter.pastSeconds }
        }
    }
}

extension [QueueMeter.Second] {
    /// Counts a change in its second of the window.
    fileprivate mutating func count(_ change: JobChange) {
        let second = change.at.milliseconds / 1000
        let index = Int(second % Int64(QueueMeter.window))
        if self[index].at != second { self[index] = QueueMeter.Second(at: second) }
        if change.previous == nil { self[index].enqueued += 1 }
        if change.previous?.isWaiting ?? false, !change.state.isWaiting { self[index].promoted += 1 }
        if change.state == .processing, change.previous != .processing { self[index].started += 1 }
        if change.state.isFinal, change.previous?.isFinal != true { self[index].finished += 1 }
        if change.previous == .processing, change.state == .failed || change.state == .retrying {
            self[index].failed += 1
        }
    }
}
