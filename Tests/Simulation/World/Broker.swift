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
    private let punctuality: Punctuality
    private var messages: [Message] = []
    let signal = WakeSignal()
    var isFaulty = true

    init(scheduler: Scheduler, scenario: Scenario, trace: Trace, punctuality: Punctuality) {
        self.punctuality = punctuality
        self.scheduler = scheduler
        self.scenario = scenario
        self.trace = trace
    }

    private func faultOccurs(_ perMille: Int) -> Bool {
        isFaulty && scheduler.dice.chance(perMille)
    }

    /// Accepts messages, or throws if a fault occurs.
    func publish(_ entries: [QueueEntry]) throws {
        if faultOccurs(scenario.rejections) {
            trace.fault("broker down")
            punctuality.disturb()
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

    /// When the next message that is not visible yet becomes visible; nil if there is none.
    func nextVisibleAt(after now: Timestamp) -> Timestamp? {
        messages.lazy.filter { $0.visibleAt > now }.map(\.visibleAt).min()
    }

    /// Removes matching messages, and returns their jobs.
    func take(_ interest: QueueInterest, limit: Int, at now: Timestamp) -> [JobID] {
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

/// The broker, as one server's process sees it. It has the hints of this server.
final class BrokerQueue: JobQueue, @unchecked Sendable {
    private final class Waiter {
        let interest: QueueInterest
        var isHinted = false

        init(_ interest: QueueInterest) {
            self.interest = interest
        }
    }

    private let broker: Broker
    private let life: ProcessLife
    private var waiters: [Waiter] = []
    /// The hints that came while no call waited.
    private var hints: [QueueInterest] = []
    /// The hints that concern every kind.
    private var log = WakeLog()

    var wakeCount: Int { log.count }

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

    /// Delivers matching messages, or waits for some.
    func receive(
        _ interest: QueueInterest, limit: Int, until deadline: Timestamp, since wakeCount: Int
    ) async throws -> QueueDelivery {
        try life.check()
        if log.hasCall(for: interest.queues, since: wakeCount) { return .checkStore }
        let waiter = Waiter(interest)
        if let index = hints.firstIndex(where: { $0.overlaps(interest) }) {
            hints.remove(at: index)
            return .checkStore
        }
        waiters.append(waiter)
        defer { waiters.removeAll { $0 === waiter } }
        while true {
            if waiter.isHinted { return .checkStore }
            let now = broker.scheduler.now()
            let taken = broker.take(interest, limit: limit, at: now)
            if !taken.isEmpty { return .jobs(taken) }
            if now >= deadline { return .none }
            let next = broker.nextVisibleAt(after: now) ?? deadline
            do {
                try await broker.scheduler.sleep(until: min(deadline, next), or: broker.signal)
            } catch {
                // A hint that a waiter has received is answered, also if its caller has just left.
                guard waiter.isHinted else { throw error }
            }
        }
    }

    /// Makes every waiting call that the hint concerns check the store, or the next call.
    func wake(_ interest: QueueInterest) {
        guard life.isAlive else { return }
        let woken = waiters.filter { $0.interest.overlaps(interest) }
        for waiter in woken { waiter.isHinted = true }
        if interest.kinds.isEmpty {
            log.record(interest.queues)
        } else if woken.isEmpty, !hints.contains(interest) {
            hints.append(interest)
        }
        broker.scheduler.wake(broker.signal)
    }

    /// Does nothing: a hint about a removed queue only makes a worker query the store.
    func forget(_ queues: [String]) {}

    func acknowledge(_ ids: [JobID]) async throws {}

    func checkReady() async throws {
        try life.check()
    }
}

extension QueueInterest {
    fileprivate func overlaps(_ other: QueueInterest) -> Bool {
        !Set(queues).isDisjoint(with: other.queues)
            && (kinds.isEmpty || other.kinds.isEmpty || !Set(kinds).isDisjoint(with: other.kinds))
    }
}
