import LonghaulConcurrency
public import LonghaulCore
import Synchronization

/// The default queue, `store:`. Workers claim jobs from the store; this queue only wakes those that wait.
///
/// A hint says that there may be work of a queue and kind. It wakes one waiting worker, or is kept until a worker asks for
/// such work. A worker that gets as many jobs as it requested calls ``wake(_:)``, because there may be more. So a burst
/// of jobs wakes as many workers as it needs, and an idle system does nothing. A wake-up that names no kind concerns all
/// workers of a queue: those that are just querying the store find it in the log.
public final class StoreQueue: JobQueue {
    /// The maximum number of hints that are kept for one queue.
    static let maxHintsPerQueue = 1000

    fileprivate struct Waiter {
        var interest: QueueInterest
        var hint: Event<Bool>
    }

    /// Work that may be pending: a kind of job, and the labels that it requires.
    fileprivate struct Hint: Hashable {
        var kind: String
        /// The labels that the worker must have.
        var labels: [String: String] = [:]
    }

    fileprivate struct State {
        /// The hints that no worker has received, by queue.
        var hints: [String: Set<Hint>] = [:]
        /// The waiting workers in the order of arrival, so that all of them get work.
        var waiters: [Waiter] = []
        /// The wake-ups that concern every kind.
        var log = WakeLog()
    }

    private let state = Mutex(State())
    private let time: any TimeSource

    /// Creates a queue that measures deadlines by this clock.
    public init(time: any TimeSource) {
        self.time = time
    }

    /// False: the queue only wakes workers.
    public var carriesIdentifiers: Bool { false }

    /// Wakes workers for these jobs.
    public func publish(_ entries: [QueueEntry]) async throws {
        observeRemote(entries)
    }

    /// Wakes workers of this server for these jobs, as for its own.
    public func observeRemote(_ entries: [QueueEntry]) {
        send(entries.map { ($0.queue, Hint(kind: $0.kind, labels: $0.labels)) })
    }

    /// Wakes a worker that matches the interest.
    public func wake(_ interest: QueueInterest) {
        if interest.kinds.isEmpty { return wakeEvery(interest.queues) }
        // The labels that the work requires are unknown. So there is a hint without labels and one with all labels.
        let labels = interest.labels.isEmpty ? [[:]] : [[:], interest.labels]
        send(
            interest.queues.flatMap { queue in
                interest.kinds.flatMap { kind in labels.map { (queue, Hint(kind: kind, labels: $0)) } }
            })
    }

    /// Makes every worker of these queues query the store.
    private func wakeEvery(_ queues: [String]) {
        let claims = state.withLock { state in
            state.log.record(queues)
            return state.claimAll { waiter in queues.contains(where: waiter.interest.queues.contains) }
        }
        for claim in claims { claim.resume() }
    }

    /// Makes every worker query the store.
    public func wakeAll() {
        let claims = state.withLock { state in
            state.log.recordAll()
            return state.claimAll { _ in true }
        }
        for claim in claims { claim.resume() }
    }

    /// The number of wake-ups that concern every kind.
    public var wakeCount: Int { state.withLock(\.log.count) }

    /// Waits for a hint that matches the interest. Returns ``QueueDelivery/checkStore`` for a hint.
    public func receive(
        _ interest: QueueInterest, limit: Int, until deadline: Timestamp, since wakeCount: Int
    ) async throws -> QueueDelivery {
        let hint = Event<Bool>()
        let hasHint = state.withLock { state in
            let isWoken = state.log.hasCall(for: interest.queues, since: wakeCount)
            if state.removeHints(for: interest) || isWoken { return true }
            state.waiters.append(Waiter(interest: interest, hint: hint))
            return false
        }
        if hasHint { return .checkStore }
        defer { state.withLock { $0.waiters.removeAll { $0.hint === hint } } }
        return try await hint.wait(until: deadline, time: time) ? .checkStore : .none
    }

    /// Removes the hints of these queues.
    public func forget(_ queues: [String]) {
        state.withLock { state in
            for queue in queues { state.hints[queue] = nil }
            state.log.forget(queues)
        }
    }

    /// The number of hints that are kept.
    var hintCount: Int { state.withLock { $0.hints.values.reduce(0) { $0 + $1.count } } }

    /// The number of waiting workers.
    var waiting: Int { state.withLock(\.waiters.count) }

    /// Does nothing: the queue delivers no IDs.
    public func acknowledge(_ ids: [JobID]) async throws {}

    /// Does nothing: the queue has no server of its own.
    public func checkReady() async throws {}

    /// Wakes a worker for each hint, and keeps the other hints.
    private func send(_ hints: [(queue: String, hint: Hint)]) {
        let claims = state.withLock { state in
            var claims: [Event<Bool>.Claim] = []
            for (queue, hint) in hints where !state.claim(queue, hint, into: &claims) {
                state.insert(hint, in: queue)
            }
            return claims
        }
        for claim in claims { claim.resume() }
    }
}

extension StoreQueue.State {
    /// Claims the first waiter for this work. Returns whether there was one.
    mutating func claim(_ queue: String, _ hint: StoreQueue.Hint, into claims: inout [Event<Bool>.Claim])
        -> Bool
    {
        var isClaimed = false
        var index = 0
        while index < waiters.count, !isClaimed {
            guard hint.concerns(waiters[index].interest, in: queue) else {
                index += 1
                continue
            }
            // A waiter whose wait has just ended cannot be claimed. The loop continues with the next one.
            guard let claim = waiters.remove(at: index).hint.claim(true) else { continue }
            claims.append(claim)
            isClaimed = true
        }
        return isClaimed
    }

    /// Claims and removes the waiters that a predicate selects.
    mutating func claimAll(where isSelected: (StoreQueue.Waiter) -> Bool) -> [Event<Bool>.Claim] {
        let claims = waiters.filter(isSelected).compactMap { $0.hint.claim(true) }
        waiters.removeAll(where: isSelected)
        return claims
    }

    /// Keeps a hint until a worker asks. Beyond the maximum, a wake-up of every kind replaces the hints of the queue.
    mutating func insert(_ hint: StoreQueue.Hint, in queue: String) {
        hints[queue, default: []].insert(hint)
        if hints[queue].map({ $0.count > StoreQueue.maxHintsPerQueue }) ?? false {
            hints[queue] = nil
            log.record([queue])
        }
    }

    /// Removes the hints that match the interest. Returns whether there were any.
    mutating func removeHints(for interest: QueueInterest) -> Bool {
        var found = false
        for queue in interest.queues {
            guard let hints = hints[queue] else { continue }
            let rest = hints.filter { !$0.concerns(interest, in: queue) }
            if rest.count < hints.count { found = true }
            self.hints[queue] = rest.isEmpty ? nil : rest
        }
        return found
    }
}

extension StoreQueue.Hint {
    /// Whether the interest includes such work of this queue, and the labels satisfy its requirements.
    func concerns(_ interest: QueueInterest, in queue: String) -> Bool {
        interest.queues.contains(queue)
            && (interest.kinds.isEmpty || interest.kinds.contains(kind))
            && LabelRule.serves(interest.labels, needed: labels)
    }
}
