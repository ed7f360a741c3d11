public import LonghaulCore
import Synchronization

/// The default queue, `store:`: the store's own index of pending jobs. What is carried is only the hint that
/// there may be work, so nothing can be lost with it.
///
/// A hint wakes one who waits for that queue and kind, or stays until somebody asks. Whoever takes as much as
/// it asked for passes the hint on (``wake(_:)``), so a burst wakes as many as it needs, one after
/// another, and an idle system does nothing.
public final class StoreQueue: JobQueue {
    /// How many hints at different sorts of work one queue keeps while no worker asks for any of them.
    static let maxHintsPerQueue = 1000

    fileprivate struct Waiter {
        var interest: QueueInterest
        var signal: Signal
    }

    /// A sort of work of which there may be some that nobody has seen.
    fileprivate struct Hint: Hashable {
        /// The empty kind stands for any.
        var kind: String
        /// What it needs of its worker.
        var labels: [String: String] = [:]
    }

    fileprivate struct State {
        /// What there may be, by queue.
        var hints: [String: Set<Hint>] = [:]
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
        observeRemote(entries)
    }

    /// Hints at the jobs: the store is shared, and whoever waits here may have them.
    public func observeRemote(_ entries: [QueueEntry]) {
        hint(entries.map { ($0.queue, Hint(kind: $0.kind, labels: $0.labels)) })
    }

    /// Hints at unseen work of the interest.
    public func wake(_ interest: QueueInterest) {
        let kinds = interest.kinds.isEmpty ? [""] : interest.kinds
        // It may need nothing, or all that whoever saw it has: one hint cannot tell.
        let labels = interest.labels.isEmpty ? [[:]] : [[:], interest.labels]
        hint(
            interest.queues.flatMap { queue in
                kinds.flatMap { kind in labels.map { (queue, Hint(kind: kind, labels: $0)) } }
            })
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
        if hinted { return .checkStore }
        defer { state.withLock { $0.waiters.removeAll { $0.signal === signal } } }
        return try await signal.wait(until: deadline, time: time) ? .checkStore : .none
    }

    /// Drops the hints at work in these queues.
    public func forget(_ queues: [String]) {
        state.withLock { state in
            for queue in queues { state.hints[queue] = nil }
        }
    }

    /// How many hints are kept.
    var hintCount: Int { state.withLock { $0.hints.values.reduce(0) { $0 + $1.count } } }

    /// How many wait.
    var waiting: Int { state.withLock(\.waiters.count) }

    /// Does nothing: hints are not kept.
    public func acknowledge(_ ids: [JobID]) async throws {}

    /// Does nothing: the store tells whether it answers.
    public func checkReady() async throws {}

    private func hint(_ hints: [(queue: String, hint: Hint)]) {
        let claims = state.withLock { state in
            var claims: [Signal.Claim] = []
            for (queue, hint) in hints where !state.claim(queue, hint, into: &claims) {
                state.keep(hint, in: queue)
            }
            return claims
        }
        for claim in claims { claim.resume() }
    }
}

extension StoreQueue.State {
    /// Claims the first waiter for this work, or every waiter it may concern if the hint names no kind. Returns
    /// whether there was one.
    mutating func claim(_ queue: String, _ hint: StoreQueue.Hint, into claims: inout [Signal.Claim]) -> Bool {
        var isClaimed = false
        var index = 0
        while index < waiters.count, !isClaimed || hint.kind.isEmpty {
            guard hint.concerns(waiters[index].interest, in: queue) else {
                index += 1
                continue
            }
            // A waiter that has just given up cannot be claimed. The loop goes on to the next one.
            guard let claim = waiters.remove(at: index).signal.claim() else { continue }
            claims.append(claim)
            isClaimed = true
        }
        return isClaimed
    }

    /// Keeps a hint until a worker asks. The hints of a queue beyond the maximum become one that stands for any kind.
    mutating func keep(_ hint: StoreQueue.Hint, in queue: String) {
        hints[queue, default: []].insert(hint)
        if hints[queue].map({ $0.count > StoreQueue.maxHintsPerQueue }) ?? false {
            hints[queue] = [StoreQueue.Hint(kind: "")]
        }
    }

    mutating func takeHint(_ interest: QueueInterest) -> Bool {
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
    /// Whether somebody is interested in such work of this queue, and can serve it.
    func concerns(_ interest: QueueInterest, in queue: String) -> Bool {
        interest.queues.contains(queue)
            && (interest.kinds.isEmpty || kind.isEmpty || interest.kinds.contains(kind))
            && LabelRule.serves(interest.labels, needed: labels)
    }
}
