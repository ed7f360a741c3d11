import LonghaulCore

/// A broker that carries identifiers, and drops, repeats, delays and reorders them. All servers share it, and it outlives
/// them.
final class Broker: @unchecked Sendable {
    private struct Message {
        var entry: QueueEntry
        var visibleAt: Timestamp
    }

    let scheduler: Scheduler
    private let scenario: Scenario
    private let trace: Trace
    private var messages: [Message] = []
    private var hints: [QueueInterest] = []
    private let signal = WakeSignal()
    var isFaulty = true

    init(scheduler: Scheduler, scenario: Scenario, trace: Trace) {
        self.scheduler = scheduler
        self.scenario = scenario
        self.trace = trace
    }

    private func faultOccurs(_ perMille: Int) -> Bool {
        isFaulty && scheduler.dice.chance(perMille)
    }

    /// Accepts messages, or throws if a fault occurs.
    func publish(_ entries: [QueueEntry]) throws {
        if faultOccurs(scenario.drops / 4) {
            trace.fault("broker down")
            throw LonghaulError(.unavailable, "the broker does not answer")
        }
        for entry in entries {
            if faultOccurs(scenario.drops) {
                trace.fault("lost message")
                continue
            }
            add(entry)
            if faultOccurs(scenario.repeats) {
                trace.fault("repeated message")
                add(entry)
            }
        }
        scheduler.wake(signal)
    }

    private func add(_ entry: QueueEntry) {
        var visibleAt = scheduler.now()
        if faultOccurs(scenario.delays) {
            trace.fault("late message")
            visibleAt = visibleAt.adding(seconds: scheduler.dice.seconds(0.01...20))
        }
        // At a random place: a broker guarantees no order.
        messages.insert(
            Message(entry: entry, visibleAt: visibleAt), at: scheduler.dice.below(messages.count + 1))
    }

    func hint(_ interest: QueueInterest) {
        hints.append(interest)
        scheduler.wake(signal)
    }

    /// Delivers matching messages, or waits for some.
    func receive(
        _ interest: QueueInterest, limit: Int, until deadline: Timestamp
    ) async throws -> QueueDelivery {
        while true {
            if let index = hints.firstIndex(where: { !Set($0.queues).isDisjoint(with: interest.queues) }) {
                hints.remove(at: index)
                return .checkStore
            }
            let now = scheduler.now()
            let taken = take(interest, limit: limit, at: now)
            if !taken.isEmpty { return .jobs(taken) }
            if now >= deadline { return .none }
            let next = messages.lazy.filter { $0.visibleAt > now }.map(\.visibleAt).min() ?? deadline
            try await scheduler.sleep(until: min(deadline, next), or: signal)
        }
    }

    private func take(_ interest: QueueInterest, limit: Int, at now: Timestamp) -> [JobID] {
        var ids: [JobID] = []
        messages.removeAll { message in
            guard ids.count < limit, message.visibleAt <= now, interest.queues.contains(message.entry.queue),
                interest.kinds.isEmpty || interest.kinds.contains(message.entry.kind)
            else { return false }
            ids.append(message.entry.id)
            return true
        }
        return ids
    }
}

/// The broker, as one server's process sees it.
final class BrokerQueue: JobQueue, @unchecked Sendable {
    private let broker: Broker
    private let life: ProcessLife

    init(broker: Broker, life: ProcessLife) {
        self.broker = broker
        self.life = life
    }

    func publish(_ entries: [QueueEntry]) async throws {
        await broker.scheduler.yield()
        // A process that dies before it sends the message does not send it later.
        if life.isAlive { try broker.publish(entries) }
    }

    func observeRemote(_ entries: [QueueEntry]) {}

    func receive(
        _ interest: QueueInterest, limit: Int, until deadline: Timestamp
    ) async throws -> QueueDelivery {
        try life.check()
        return try await broker.receive(interest, limit: limit, until: deadline)
    }

    func wake(_ interest: QueueInterest) {
        if life.isAlive { broker.hint(interest) }
    }

    /// Does nothing: a hint about a removed queue only makes a worker query the store.
    func forget(_ queues: [String]) {}

    func acknowledge(_ ids: [JobID]) async throws {}

    func checkReady() async throws {
        try life.check()
    }
}
