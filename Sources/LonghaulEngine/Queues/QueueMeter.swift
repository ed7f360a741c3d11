import LonghaulCore
import Synchronization

/// Measures how fast each queue moves, from the changes of its jobs over the last minute.
final class QueueMeter: Sendable {
    static let window = 60
    static let samplesKept = 1024

    /// What happened in one second.
    private struct Second {
        var at: Int64 = -1
        var enqueued = 0
        var started = 0
        var failed = 0
        /// Jobs that no longer waited for something other than a worker.
        var promoted = 0
    }

    /// The latest durations, each with the second in which it ended.
    private struct Samples {
        var values: [(at: Int64, seconds: Double)] = []
        var next = 0

        mutating func add(_ seconds: Double, at second: Int64) {
            if values.count < QueueMeter.samplesKept {
                values.append((second, seconds))
            } else {
                values[next] = (second, seconds)
                next = (next + 1) % QueueMeter.samplesKept
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

    private struct Meter {
        var seconds = [Second](repeating: Second(), count: QueueMeter.window)
        var waits = Samples()
        var runs = Samples()

        mutating func count(_ change: JobChange) {
            let second = change.at.milliseconds / 1000
            let index = Int(second % Int64(QueueMeter.window))
            if seconds[index].at != second { seconds[index] = Second(at: second) }
            if change.previous == nil { seconds[index].enqueued += 1 }
            if change.previous?.isWaiting ?? false, !change.state.isWaiting { seconds[index].promoted += 1 }
            if change.state == .processing, change.previous != .processing { seconds[index].started += 1 }
            if change.previous == .processing, change.state == .failed || change.state == .retrying {
                seconds[index].failed += 1
            }
            if let waited = change.waitedSeconds { waits.add(waited, at: second) }
            if let ran = change.ranSeconds { runs.add(ran, at: second) }
        }
    }

    private let meters = Mutex<[String: Meter]>([:])
    private let startedAt: Timestamp

    init(startedAt: Timestamp) {
        self.startedAt = startedAt
    }

    func record(_ changes: [JobChange]) {
        meters.withLock { meters in
            for change in changes where !change.isProgress {
                meters[change.queue, default: Meter()].count(change)
            }
        }
    }

    /// The rates of a queue over the last minute, or since the start if that is shorter.
    func rates(of queue: String, at now: Timestamp) -> QueueRates {
        let since = now.milliseconds / 1000 - Int64(Self.window) + 1
        let span = min(Double(Self.window), max(1, now.seconds(since: startedAt)))
        return meters.withLock { meters in
            guard let meter = meters[queue] else { return QueueRates() }
            let recent = meter.seconds.filter { $0.at >= since }
            func rate(_ count: (Second) -> Int) -> Double {
                // lock-safe: reads a counter.
                Double(recent.reduce(0) { $0 + count($1) }) / span
            }
            return QueueRates(
                enqueueRate: rate(\.enqueued), drainRate: rate(\.started), failureRate: rate(\.failed),
                waitSeconds: meter.waits.quantiles(since: since),
                runSeconds: meter.runs.quantiles(since: since))
        }
    }

    /// How long an attempt in one of these queues took on average, of the latest; nil while none has ended.
    func meanRunSeconds(of queues: [String]) -> Double? {
        let runs = meters.withLock { meters in
            queues.flatMap { meters[$0]?.runs.values ?? [] }
        }
        return runs.isEmpty ? nil : runs.reduce(0) { $0 + $1.seconds } / Double(runs.count)
    }

    /// How many jobs of the queue start a second; nil while none did in the last minute.
    func drainRate(of queue: String, at now: Timestamp) -> Double? {
        rate(at: now) { $0 == queue ? \.started : nil }
    }

    /// How many jobs of all queues start a second; nil while none did in the last minute.
    func drainRate(at now: Timestamp) -> Double? {
        rate(at: now) { _ in \.started }
    }

    /// How many jobs of the queue a second come due or end before they do; nil while none did in the last
    /// minute.
    func promotionRate(of queue: String, at now: Timestamp) -> Double? {
        rate(at: now) { $0 == queue ? \.promoted : nil }
    }

    private func rate(at now: Timestamp, _ count: (String) -> KeyPath<Second, Int>?) -> Double? {
        let since = now.milliseconds / 1000 - Int64(Self.window) + 1
        let span = min(Double(Self.window), max(1, now.seconds(since: startedAt)))
        let sum = meters.withLock { meters in
            meters.reduce(0) { sum, entry in
                // lock-safe: chooses a counter.
                guard let path = count(entry.key) else { return sum }
                return entry.value.seconds.reduce(sum) { $0 + ($1.at >= since ? $1[keyPath: path] : 0) }
            }
        }
        return sum > 0 ? Double(sum) / span : nil
    }
}
