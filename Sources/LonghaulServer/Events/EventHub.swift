import LonghaulConcurrency
import LonghaulCore
import LonghaulEngine
import Synchronization

/// Serves the change feed to any number of event streams.
///
/// A stream is a position in the ring of the feed and, while it has nothing to send, a continuation. One task (the pump)
/// waits for commits and wakes the affected streams in small groups, so that other work of the server runs between
/// them. A second task wakes streams that have been quiet, to send a heartbeat.
final class EventHub: Sendable {
    /// The next step of a stream.
    enum Step: Sendable {
        /// Send the changes of this batch with numbers above `after`.
        case batch(FeedBatch, after: UInt64)
        /// Changes are missing before the next ones: the stream was too slow, or began too far back.
        case missed
        /// Send a heartbeat.
        case quiet
    }

    /// A stream's position in the feed.
    struct Reader: Sendable {
        /// The number of the last read change.
        fileprivate(set) var position: UInt64
        /// Limits the stream to one job; nil for all jobs.
        fileprivate let jobID: JobID?
        /// Limits the stream to the jobs of one queue; nil for all queues.
        fileprivate var queue: String?
        /// The number at which the stream reports missing changes; nil if none are missing.
        fileprivate var missedAt: UInt64?
        /// When the stream last had something to send.
        fileprivate var quietSince = ContinuousClock.now

        /// Whether the stream sends changes of this batch.
        fileprivate func concerns(_ batch: FeedBatch) -> Bool {
            if let jobID { return batch.changes.contains { $0.jobID == jobID } }
            if let queue { return batch.changes.contains { $0.queue == queue } }
            return true
        }
    }

    private let feed: ChangeFeed
    private let state = Mutex(Waiting())
    private let tasks = Mutex<[GatedTask<Void>]>([])
    private let quietSeconds: Double

    /// - Parameter quietSeconds: the time without an event after which a stream sends a heartbeat.
    init(feed: ChangeFeed, quietSeconds: Double = 15) {
        self.feed = feed
        self.quietSeconds = quietSeconds
    }

    /// Starts the tasks that wake streams.
    func start() {
        let position = feed.lastNumber
        state.withLock { $0.pumped = position }
        let new = [GatedTask { await self.pump(from: position) }, GatedTask { await self.sendHeartbeats() }]
        let isFirst = tasks.withLock { tasks in
            guard tasks.isEmpty else { return false }
            tasks = new
            return true
        }
        for task in new {
            if isFirst { task.open() } else { task.cancel() }
        }
    }

    /// Ends all streams, including later ones.
    func close() {
        let waiters = state.withLock { $0.close() }
        for waiter in waiters { waiter.resume(returning: .closed) }
        for task in tasks.withLock({ $0 }) { task.cancel() }
    }

    /// The number of streams with nothing to send.
    var waitingCount: Int { state.withLock(\.count) }
    /// The number of the last change that waiting streams were woken for.
    var pumpedNumber: UInt64 { state.withLock(\.pumped) }

    /// Creates a reader of one job's future changes.
    func reader(of jobID: JobID) -> Reader {
        Reader(position: feed.lastNumber, jobID: jobID)
    }

    /// Creates a reader of the changes of all jobs or of one queue. It starts with future changes, or after a number of an
    /// earlier stream.
    func reader(after number: UInt64?, ofQueue queue: String? = nil) -> Reader {
        Reader(position: number ?? feed.lastNumber, jobID: nil, queue: queue)
    }

    /// Creates a reader whose last event came from another process, so that it may have missed changes. It gets all changes
    /// in the ring, and then `missed`.
    func readerFromAnotherProcess(ofQueue queue: String? = nil) -> Reader {
        Reader(position: 0, jobID: nil, queue: queue, missedAt: feed.lastNumber)
    }

    /// The next step of the stream; nil when the server stops.
    func next(_ reader: inout Reader) async throws -> Step? {
        let step = try await step(&reader)
        reader.quietSince = .now
        return step
    }

    private func step(_ reader: inout Reader) async throws -> Step? {
        while true {
            try Task.checkCancellation()
            if let place = reader.missedAt, reader.position >= place {
                reader.missedAt = nil
                return .missed
            }
            let reading = feed.read(after: reader.position, limit: 1)
            if reading.hasGap {
                reader.position = reading.lastNumber
                reader.missedAt = nil
                return .missed
            }
            if let batch = reading.batches.first {
                let position = reader.position
                reader.position = batch.lastNumber
                if reader.concerns(batch) { return .batch(batch, after: position) }
                // While other jobs change continuously, the stream never waits, so that no task wakes it for a heartbeat.
                if ContinuousClock.now - reader.quietSince >= .seconds(quietSeconds) { return .quiet }
                continue
            }
            switch await wait(reader) {
            case .closed: return nil
            case .retry: continue
            case .changed(let seen): reader.position = max(reader.position, seen)
            case .quiet(let seen):
                reader.position = max(reader.position, seen)
                return .quiet
            }
        }
    }

    private func wait(_ reader: Reader) async -> Wakeup {
        let key = state.withLock { $0.makeKey() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: Wakeup? = state.withLock { state in
                    if state.isClosed { return .closed }
                    if Task.isCancelled || state.pumped > reader.position { return .retry }
                    state.add(
                        Waiter(continuation: continuation, jobID: reader.jobID, since: reader.quietSince), key
                    )
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            state.withLock { $0.remove(key) }?.resume(returning: .retry)
        }
    }
}

// MARK: Waking

extension EventHub {
    /// The number of streams in a group that is woken together.
    private static let group = 16
    /// The pause after a group. It keeps a burst of wake-ups from delaying other work of the server, and limits the wake-ups
    /// to about half a core.
    private static let pause = Duration.microseconds(800)
    /// The maximum number of commits in one round.
    private static let commitsPerRound = 1024

    private func pump(from start: UInt64) async {
        var position = start
        while await feed.wait(after: position) {
            let reading = feed.read(after: position, limit: Self.commitsPerRound)
            let last = reading.batches.last?.lastNumber ?? reading.lastNumber
            let woken = state.withLock { $0.take(for: reading, upTo: last) }
            await wake(woken, .changed(seen: position))
            position = last
        }
        close()
    }

    private func sendHeartbeats() async {
        while (try? await Task.sleep(for: .seconds(min(1, quietSeconds)))) != nil {
            let quietSince = ContinuousClock.now - .seconds(quietSeconds)
            let (woken, seen) = state.withLock { ($0.take(waitingSince: quietSince), $0.pumped) }
            await wake(woken, .quiet(seen: seen))
        }
    }

    private func wake(_ continuations: [CheckedContinuation<Wakeup, Never>], _ wakeup: Wakeup) async {
        for (index, continuation) in continuations.enumerated() {
            continuation.resume(returning: wakeup)
            if index % Self.group == Self.group - 1 { try? await Task.sleep(for: Self.pause) }
        }
    }
}
