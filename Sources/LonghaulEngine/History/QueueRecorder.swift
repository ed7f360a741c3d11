import LonghaulCore
import Synchronization

/// Tallies the changes of each queue by minute, and writes a sample of each minute to the store after its end, so that
/// charts survive a restart.
final class QueueRecorder: BackgroundLoop, ChangeObserver {
    /// The maximum number of tallies. The changes of further queues are not tallied.
    private static let maxTallies = 500
    /// The time for which samples of minutes are kept. Older ones are merged into samples of hours.
    static let detailMinutes = 1440
    /// The time for which samples are kept, in seconds: a week.
    static let retentionSeconds = 604_800.0
    /// The time for which tallies are kept while the store is unavailable, in seconds.
    private static let maxTallyAgeSeconds = 3600.0
    /// The delay between the end of a minute and its sample, in seconds. The last changes may arrive late.
    private static let delay = 1.0

    private struct Key: Hashable {
        var minute: Timestamp
        var queue: String
    }

    private let store: any JobStore
    private let time: any TimeSource
    let background = BackgroundTask()
    private let tallies = Mutex<[Key: QueueTally]>([:])
    /// The time before which this server has merged samples into hours.
    private let merged = Mutex(Timestamp(milliseconds: 0))

    init(store: any JobStore, time: any TimeSource) {
        self.store = store
        self.time = time
    }

    func run() async {
        while !Task.isCancelled {
            let end = QueueSample.minute(of: time.now()).adding(seconds: QueueSample.seconds + Self.delay)
            guard (try? await time.sleep(until: end)) != nil else { return }
            await write(before: QueueSample.minute(of: time.now()))
        }
    }

    /// Stops, and writes the samples of the current minute.
    func stop() async {
        await background.stop()
        await write(before: .distantFuture)
    }

    /// Tallies the changes that this server counts.
    func observe(_ batch: ChangeBatch) {
        guard batch.countsInMetrics else { return }
        tallies.withLock { tallies in
            for change in batch.changes where !change.isProgress {
                let key = Key(minute: QueueSample.minute(of: change.at), queue: change.queue)
                guard tallies[key] != nil || tallies.count < Self.maxTallies else { continue }
                tallies[key, default: QueueTally()].count(change)
            }
        }
    }

    /// The samples that are not written yet, without their depths.
    func unwritten(of queue: String?) -> [QueueSample] {
        // The samples are computed outside of the lock: commits wait for it.
        tallies.withLock { $0 }.compactMap { key, tally in
            queue == nil || key.queue == queue ? tally.sample(of: key.queue, at: key.minute) : nil
        }
    }

    private func write(before end: Timestamp) async {
        let due = tallies.withLock { tallies in
            let due = tallies.filter { $0.key.minute < end }
            for key in due.keys { tallies[key] = nil }
            return due
        }
        do {
            let now = time.now()
            let samples = due.map { $1.sample(of: $0.queue, at: $0.minute) }
            let minute = min(QueueSample.minute(of: now), end.adding(seconds: -QueueSample.seconds))
            let hour = Self.hour(
                of: minute.adding(seconds: -QueueSample.seconds * Double(Self.detailMinutes)))
            let isNew = merged.withLock { $0 < hour }
            try await store.recordSamples(
                Self.complete(samples, of: minute, with: try await store.queues()),
                mergingBefore: isNew ? hour : nil,
                deletingBefore: Self.hour(of: now.adding(seconds: -Self.retentionSeconds)))
            merged.withLock { $0 = hour }
        } catch {
            putBack(due)
        }
    }

    /// The start of the hour of a time.
    private static func hour(of moment: Timestamp) -> Timestamp {
        Timestamp(milliseconds: moment.milliseconds - moment.milliseconds % QueueSample.hourMilliseconds)
    }

    /// Adds the depths to the samples. Adds a sample for each queue that has pending jobs and no sample in this minute.
    static func complete(
        _ samples: [QueueSample], of minute: Timestamp, with records: [QueueRecord]
    ) -> [QueueSample] {
        let depths = Dictionary(records.map { ($0.name, $0.depth) }, uniquingKeysWith: { $1 })
        let sampled = Set(samples.lazy.filter { $0.at == minute }.map(\.queue))
        let others = depths.filter { $0.value > 0 && !sampled.contains($0.key) }
        return samples.map { sample in
            var sample = sample
            sample.depth = depths[sample.queue] ?? 0
            return sample
        } + others.map { QueueSample(queue: $0.key, at: minute, depth: $0.value) }
    }

    private func putBack(_ due: [Key: QueueTally]) {
        let horizon = time.now().adding(seconds: -Self.maxTallyAgeSeconds)
        tallies.withLock { tallies in
            tallies.merge(due.filter { $0.key.minute > horizon }) { newer, older in newer.adding(older) }
        }
    }
}

/// The counts and durations of a queue in one minute.
struct QueueTally: Sendable {
    /// The maximum number of durations of each kind.
    private static let maxSamples = 1024

    private var enqueued = 0
    private var finished = 0
    private var failed = 0
    private var waits: [Double] = []
    private var runs: [Double] = []

    mutating func count(_ change: JobChange) {
        if change.previous == nil { enqueued += 1 }
        if change.state.isFinal, change.previous?.isFinal != true { finished += 1 }
        if change.previous == .processing, change.state == .failed || change.state == .retrying {
            failed += 1
        }
        if let waited = change.waitedSeconds { Self.add(waited, to: &waits, number: enqueued + finished) }
        if let ran = change.ranSeconds { Self.add(ran, to: &runs, number: enqueued + finished) }
    }

    /// Adds a duration. Beyond the maximum it replaces an earlier one, chosen by the number of the event.
    private static func add(_ seconds: Double, to values: inout [Double], number: Int) {
        if values.count < maxSamples {
            values.append(seconds)
        } else {
            values[number % maxSamples] = seconds
        }
    }

    func adding(_ other: QueueTally) -> QueueTally {
        var sum = self
        sum.enqueued += other.enqueued
        sum.finished += other.finished
        sum.failed += other.failed
        sum.waits = Array((waits + other.waits).suffix(Self.maxSamples))
        sum.runs = Array((runs + other.runs).suffix(Self.maxSamples))
        return sum
    }

    func sample(of queue: String, at minute: Timestamp) -> QueueSample {
        var sample = QueueSample(queue: queue, at: minute, depth: 0)
        sample.enqueued = enqueued
        sample.finished = finished
        sample.failed = failed
        (sample.waitP50, sample.waitP95) = Self.quantiles(waits)
        (sample.runP50, sample.runP95) = Self.quantiles(runs)
        return sample
    }

    private static func quantiles(_ values: [Double]) -> (Double?, Double?) {
        guard !values.isEmpty else { return (nil, nil) }
        let sorted = values.sorted()
        func at(_ share: Double) -> Double {
            sorted[max(0, Int((Double(sorted.count) * share).rounded(.up)) - 1)]
        }
        return (at(0.5), at(0.95))
    }
}
