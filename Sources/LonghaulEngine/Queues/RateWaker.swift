import LonghaulConcurrency
import LonghaulCore
import Synchronization

/// Wakes the workers that wait for a queue with a rate limit when its next token returns.
///
/// No job changes when a token returns, so no other part of the engine can wake them. When jobs of such a queue start,
/// this service asks the store whether the bucket is empty, and until when.
final class RateWaker: BackgroundLoop, ChangeObserver {
    /// The phase of the watch of a queue.
    private enum Phase {
        /// The watch queries the store.
        case querying
        /// The watch queries the store, and more jobs have started in between.
        case queryingAgain
        /// The watch waits for the next token. The signal ends the wait early.
        case waiting(Event<Bool>)
    }

    private struct State {
        var limited: Set<String> = []
        var phases: [String: Phase] = [:]
    }

    /// A queue to watch, because of a start at this time.
    private struct Order {
        var queue: String
        var since: Timestamp
    }

    private let store: any JobStore
    private let queue: any JobQueue
    private let time: any TimeSource
    let background = BackgroundTask()
    /// Queues to watch: each at most once, because `phases` has an entry for it until its watch ends.
    private let orders = Inbox<Order>()
    private let state = Mutex(State())

    init(store: any JobStore, queue: any JobQueue, time: any TimeSource) {
        self.store = store
        self.queue = queue
        self.time = time
    }

    func run() async {
        await withDiscardingTaskGroup { group in
            while let order = await orders.next() {
                group.addTask { await self.watch(order.queue, since: order.since) }
            }
        }
    }

    /// Sets the settings of a queue.
    func set(_ name: String, _ settings: QueueSettings) {
        state.withLock { state in
            if settings.rateLimit == nil { state.limited.remove(name) } else { state.limited.insert(name) }
        }
        if settings.rateLimit != nil { startWatches(of: [name], isNewLimit: true) }
    }

    /// Starts watches of queues with a rate limit in which jobs started.
    func observe(_ batch: ChangeBatch) {
        let limited = state.withLock(\.limited)
        if limited.isEmpty { return }
        let started = batch.changes.lazy.filter { $0.state == .processing && !$0.isProgress }.map(\.queue)
        startWatches(of: Set(started).intersection(limited), isNewLimit: false)
    }

    private func startWatches(of names: Set<String>, isNewLimit: Bool) {
        for name in names {
            let (isNew, wakeUp) = state.withLock { state -> (isNew: Bool, wakeUp: Event<Bool>?) in
                switch state.phases[name] {
                case nil:
                    state.phases[name] = .querying
                    return (true, nil)
                case .querying, .queryingAgain:
                    state.phases[name] = .queryingAgain
                    return (false, nil)
                case .waiting(let wakeUp): return (false, isNewLimit ? wakeUp : nil)
                }
            }
            if isNew { orders.put(Order(queue: name, since: time.now())) }
            wakeUp?.fire(true)
        }
    }

    private func watch(_ name: String, since start: Timestamp) async {
        var since = start
        while !Task.isCancelled {
            guard let moment = await nextStart(of: name, since: since) else {
                if endWatch(of: name) { return }
                continue
            }
            let wakeUp = Event<Bool>()
            state.withLock { $0.phases[name] = .waiting(wakeUp) }
            _ = try? await wakeUp.wait(until: moment, time: time)
            since = time.now()
            state.withLock { $0.phases[name] = .querying }
            queue.wake(QueueInterest(queues: [name], kinds: []))
        }
        // After a stop, the next start watches the queue again.
        state.withLock { $0.phases[name] = nil }
    }

    /// The time at which a job of a queue could start after `since`; nil if one could start at once.
    ///
    /// A token may return while the store is queried. A worker that has asked just before waits for it, so the time of the
    /// answer does not count.
    private func nextStart(of name: String, since: Timestamp) async -> Timestamp? {
        do {
            return try await store.queue(name)?.throttledUntil(at: since)
        } catch {
            return time.now().adding(seconds: 1)
        }
    }

    /// Ends the watch, unless more jobs have started since its query. Returns whether it has ended.
    private func endWatch(of name: String) -> Bool {
        state.withLock { state in
            if case .queryingAgain = state.phases[name] {
                state.phases[name] = .querying
                return false
            }
            state.phases[name] = nil
            return true
        }
    }
}
