import LonghaulCore
import Synchronization

/// Tallies the changes of each queue by minute, and writes a sample of each minute to the store after its end, so that
/// charts survive a restart.
final class QueueRecorder: BackgroundLoop, ChangeObserver {
    /// How many queues are tallied at once.
    private static let maxQueues = 500
    /// How long samples are kept, in seconds.
    static let memory = 86_400.0
    /// How long tallies wait for a store that is away, in seconds.
    private static let patience = 3600.0
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

    /// Stops, and writes the samples of the present minute so far.
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
                guard tallies[key] != nil || tallies.count < Self.maxQueues else { continue }
                tallies[key, default: QueueTally()].count(change)
            }
        }
    }

    /// The samples that are not written yet, without their depths.
    func unwritten(of queue: String?) -> [QueueSample] {
        tallies.withLock { tallies in
            tallies.compactMap { key, tally in
                queue == nil || key.queue == queue ? tally.sample(of: key.queue, at: key.minute) : nil
            }
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
            try await store.recordSamples(
                Self.complete(samples, of: minute, with: try await store.queues()),
                deletingBefore: now.adding(seconds: -Self.memory))
        } catch {
            putBack(due)
        }
    }

    /// Gives the samples their depths, and adds one of the minute for each queue that is merely waiting.
    static func complete(
        _ samples: [QueueSample], of minute: Timestamp, with records: [QueueRecord]
    ) -> [QueueSample] {
        let depths = Dictionary(records.map { ($0.name, $0.depth) }, uniquingKeysWith: { $1 })
        let told = Set(samples.lazy.filter { $0.at == minute }.map(\.queue))
        let silent = depths.filter { $0.value > 0 && !told.contains($0.key) }
        return samples.map { sample in
            var sample = sample
            sample.depth = depths[sample.queue] ?? 0
            return sample
        } + silent.map { QueueSample(queue: $0.key, at: minute, depth: $0.value) }
    }

    private func putBack(_ due: [Key: QueueTally]) {
        let horizon = time.now().adding(seconds: -Self.patience)
        tallies.withLock { tallies in
            tallies.merge(due.filter { $0.key.minute > horizon }) { newer, older in newer.adding(older) }
        }
    }
}

/// What happened in a queue within a minute.
struct QueueTally: Sendable {
    /// How many durations are kept of each sort; the latest ones.
    private static let samplesKept = 1024

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

    /// Beyond the bound a duration takes the place of another, spread by the running number.
    private static func add(_ seconds: Double, to values: inout [Double], number: Int) {
        if values.count < samplesKept {
            values.append(seconds)
        } else {
            values[number % samplesKept] = seconds
        }
    }

    func adding(_ other: QueueTally) -> QueueTally {
        var sum = self
        sum.enqueued += other.enqueued
        sum.finished += other.finished
        sum.failed += other.failed
        sum.waits = Array((waits + other.waits).suffix(Self.samplesKept))
        sum.runs = Array((runs + other.runs).suffix(Self.samplesKept))
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
