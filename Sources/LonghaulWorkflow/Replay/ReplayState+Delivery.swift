import LonghaulCore
import LonghaulJSON

/// The outcomes that the code receives.
extension ReplayState {
    /// The next wait to resume; nil if no outcome can be delivered.
    mutating func nextDelivery() -> Action? {
        if openCount > 0, let open = waits.first(where: { $0.target == .recorded }) {
            // Before all outcomes: at a replay it is recorded at once.
            guard operations[open.id] != nil else { return nil }
            _ = removeWait(open.number)
            return .deliver(number: open.number, .success(.null))
        }
        guard let oldest = waits.first else { return nil }
        switch order.choose(among: ready, oldest: oldest.number, isReplaying: isReplaying) {
        case .nothing: return nil
        case .candidate(let index):
            let (number, id) = (ready[index].number, ready[index].id)
            guard let outcome = outcome(of: id), removeWait(number) != nil else { return nil }
            return .deliver(number: number, outcome)
        case .difference(let request):
            difference = request
            return .report(request)
        }
    }

    /// The outcome of an operation, if a wait for it would be the only one, and would end before any other code runs. The
    /// replay of a long journal then needs no wait for each operation.
    ///
    /// The caller has no other code to run: that could begin another wait.
    mutating func deliverAtOnce(_ id: String) -> Outcome? {
        guard waits.isEmpty, difference == nil, let outcome = outcome(of: id) else { return nil }
        let only = DeliveryOrder.Candidate(number: nextWait + 1, id: id, endedAt: .distantFuture)
        guard case .candidate = order.choose(among: [only], oldest: only.number, isReplaying: isReplaying)
        else { return nil }
        return outcome
    }

    func outcome(of id: String) -> Outcome? {
        outcomes[id] ?? operations[id].flatMap { Outcome($0) }
    }

    mutating func makeReady(_ wait: Wait) {
        let endedAt = outcomes[wait.id] == nil ? operations[wait.id]?.endedAt : nil
        ready.append(
            DeliveryOrder.Candidate(number: wait.number, id: wait.id, endedAt: endedAt ?? .distantFuture))
    }

    /// Makes the waits ready that an outcome ends.
    mutating func resolve(_ id: String) {
        guard outcome(of: id) != nil else { return }
        for wait in waits where wait.id == id && wait.target == .end {
            if !ready.contains(where: { $0.number == wait.number }) { makeReady(wait) }
        }
    }

    mutating func removeWait(_ number: Int) -> Wait? {
        guard let index = waits.firstIndex(where: { $0.number == number }) else { return nil }
        ready.removeAll { $0.number == number }
        let wait = waits.remove(at: index)
        if wait.target == .recorded { openCount -= 1 }
        return wait
    }
}
