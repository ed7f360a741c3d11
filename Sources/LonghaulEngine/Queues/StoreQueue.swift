public import LonghaulCore
import Synchronization

/// The default queue, `store:`: the store's own index of pending jobs. What is carried is only the hint that
/// there may be work, so nothing can be lost with it.
///
/// A hint wakes one who waits for that queue and kind, or stays until somebody asks. Whoever takes as much as
/// it asked for passes the hint on (``lookAgain(_:)``), so a burst wakes as many as it needs, one after
/// another, and an idle system does nothing.
public final class StoreQueue: JobQueue {
    fileprivate struct Waiter {
        var interest: QueueInterest
        var signal: Signal
    }

    fileprivate struct State {
        /// The kinds of which there may be unseen work, by queue. The empty kind stands for any.
        var hints: [String: Set<String>] = [:]
        /// In the order of arrival, so that work is spread evenly.
        var waiters: [Waiter] = []
    }

    private let state = Mutex(State())
    private let time: any TimeSource

    /// A queue on the given clock.
    public init(time: any TimeSource) {
        self.time = time
    }

    /// It only hints.
    public var carriesIdentifiers: Bool { false }

    /// Hints at the jobs.
    public func publish(_ entries: [QueueEntry]) async throws {
        hint(entries.map { ($0.queue, $0.kind) })
    }

    /// Hints at unseen work of the interest.
    public func lookAgain(_ interest: QueueInterest) {
        let kinds = interest.kinds.isEmpty ? [""] : interest.kinds
        hint(interest.queues.flatMap { queue in kinds.map { (queue, $0) } })
    }

    /// Answers ``QueueDelivery/look`` as soon as there is a hint.
    public func receive(
        _ interest: QueueInterest, limit: Int, until deadline: Timestamp
    ) async throws -> QueueDelivery {
        let signal = Signal()
        let hinted = state.withLock { state in
            if state.takeHint(interest) { return true }
            state.waiters.append(Waiter(interest: interest, signal: signal))
            return false
        }
        if hinted { return .look }
        defer { state.withLock { $0.waiters.removeAll { $0.signal === signal } } }
        return try await signal.wait(until: deadline, time: time) ? .look : .none
    }

    /// How many wait.
    var waiting: Int { state.withLock(\.waiters.count) }

    /// Does nothing: hints are not kept.
    public func acknowledge(_ ids: [JobID]) async throws {}

    /// Does nothing: the store tells whether it answers.
    public func checkReady() async throws {}

    private func hint(_ places: [(queue: String, kind: String)]) {
        state.withLock { state in
            for (queue, kind) in places where !state.wake(queue, kind) {
                state.hints[queue, default: []].insert(kind)
            }
        }
    }
}

extension StoreQueue.State {
    /// Wakes the first who waits for this kind, or all whom any kind may concern. Answers whether somebody
    /// was woken.
    mutating func wake(_ queue: String, _ kind: String) -> Bool {
        var woken = false
        var index = 0
        while index < waiters.count, !woken || kind.isEmpty {
            guard waiters[index].interest.includes(queue, kind) else {
                index += 1
                continue
            }
            // One that gave up at this very moment cannot be woken: the next one is.
            if waiters.remove(at: index).signal.fire() { woken = true }
        }
        return woken
    }

    mutating func takeHint(_ interest: QueueInterest) -> Bool {
        var found = false
        for queue in interest.queues {
            guard let kinds = hints[queue] else { continue }
            let fitting = interest.kinds.isEmpty ? kinds : kinds.intersection(interest.kinds + [""])
            if fitting.isEmpty { continue }
            found = true
            let rest = kinds.subtracting(fitting)
            hints[queue] = rest.isEmpty ? nil : rest
        }
        return found
    }
}

extension QueueInterest {
    /// Whether work of this queue and kind is of interest; the empty kind stands for any.
    func includes(_ queue: String, _ kind: String) -> Bool {
        queues.contains(queue) && (kinds.isEmpty || kind.isEmpty || kinds.contains(kind))
    }
}
