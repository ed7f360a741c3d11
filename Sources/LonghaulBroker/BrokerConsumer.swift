import LonghaulConcurrency
import LonghaulCore
import Synchronization

/// The connection that fetches IDs for waiting workers.
///
/// Its thread keeps it alive until ``stop()``.
final class BrokerConsumer<Transport: BrokerTransport>: Sendable {
    private struct State {
        var board = DeliveryBoard()
        /// Deliveries that are not acknowledged yet.
        var held: [JobID: [Transport.Receipt]] = [:]
        var finished: [Transport.Receipt] = []
        /// The known kinds of each queue.
        var kinds: [String: Set<String>] = [:]
        /// Work that the store may have, for which no worker has waited yet.
        var hints: [QueueInterest] = []
        /// The wake-ups that concern every kind.
        var log = WakeLog()
        /// The error of the broken connection; nil while the broker answers.
        var fault: LonghaulError?
        var isStopped = false

        /// The lanes that workers wait for.
        var lanes: Set<Lane> {
            var lanes: Set<Lane> = []
            for waiter in board.waiters {
                for queue in waiter.interest.queues {
                    let kinds =
                        waiter.interest.kinds.isEmpty ? kinds[queue] ?? [] : Set(waiter.interest.kinds)
                    for kind in kinds {
                        for band in Lane.Band.allCases {
                            lanes.insert(Lane(queue: queue, kind: kind, band: band))
                        }
                    }
                }
            }
            return lanes
        }
    }

    /// The maximum wait of one fetch, in seconds. A new interest takes effect after it.
    private static var fetchSeconds: Double { 0.2 }
    /// The interval of requests for the kinds of a queue, for workers that take every kind.
    private static var kindsSeconds: Double { 5 }
    private static var maxHints: Int { 64 }
    private static var fetchLimit: Int { 1000 }

    private let state = Mutex(State())
    /// Wakes the thread; closed when the thread must end.
    private let wakeUps = Inbox<Void>(capacity: 1)
    private let hasEnded = Event<Void>()
    private let idleSeconds: Double

    /// - Parameter idleSeconds: the idle time after which the connection sends a request to stay alive. A broker closes
    ///   an idle connection: RabbitMQ after a minute.
    init(idleSeconds: Double = 10, connect: @escaping @Sendable () throws -> Transport) {
        self.idleSeconds = idleSeconds
        if !BlockingThread.start("lh-fetch", { self.run(Reconnection(connect)) }) {
            state.withLock {
                $0.fault = LonghaulError(.unavailable, "the system has no thread for the queue")
            }
            hasEnded.fire()
        }
    }

    func stop() {
        let endings = state.withLock { state in
            state.isStopped = true
            return state.board.endAll(.failure(Self.closed))
        }
        for ending in endings { ending.resume() }
        wakeUps.close()
    }

    func ended() async { await hasEnded.wait() }

    private static var closed: LonghaulError { LonghaulError(.unavailable, "the queue is closed") }

    // MARK: Calls

    /// A number for a new wait.
    ///
    /// - Throws: `unavailable` while the broker does not answer.
    func reserve() throws(LonghaulError) -> Int {
        let (number, fault) = state.withLock { state in
            (state.board.reserve(), state.isStopped ? Self.closed : state.fault)
        }
        if let fault { throw fault }
        return number
    }

    /// Adds a waiter. It ends at once if a wake-up has come since the count had this value.
    func wait(_ waiter: DeliveryBoard.Waiter, since wakeCount: Int) {
        let ending = state.withLock { state -> DeliveryBoard.Ending? in
            if state.isStopped {
                return DeliveryBoard.Ending(continuation: waiter.continuation, result: .failure(Self.closed))
            }
            if let place = state.hints.firstIndex(where: { $0.overlaps(waiter.interest) }) {
                state.hints.remove(at: place)
                return DeliveryBoard.Ending(continuation: waiter.continuation, result: .success(.checkStore))
            }
            if state.log.hasCall(for: waiter.interest.queues, since: wakeCount) {
                return DeliveryBoard.Ending(continuation: waiter.continuation, result: .success(.checkStore))
            }
            return state.board.add(waiter)
        }
        if let ending { ending.resume() } else { wakeUps.put(()) }
    }

    func end(_ number: Int, _ result: Result<QueueDelivery, any Error>) {
        state.withLock { $0.board.end(number, result) }?.resume()
    }

    func forget(_ number: Int) {
        state.withLock { $0.board.forget(number) }
    }

    func wake(_ interest: QueueInterest) {
        let endings = state.withLock { state -> [DeliveryBoard.Ending] in
            let endings = state.board.endAll(.success(.checkStore)) { $0.overlaps(interest) }
            if interest.kinds.isEmpty {
                state.log.record(interest.queues)
            } else if endings.isEmpty, !state.hints.contains(interest), state.hints.count < Self.maxHints {
                state.hints.append(interest)
            }
            return endings
        }
        for ending in endings { ending.resume() }
    }

    func wakeAll() {
        let endings = state.withLock { state in
            state.log.recordAll()
            return state.board.endAll(.success(.checkStore))
        }
        for ending in endings { ending.resume() }
    }

    /// The number of wake-ups that concern every kind.
    var wakeCount: Int { state.withLock(\.log.count) }

    func acknowledge(_ ids: [JobID]) {
        state.withLock { state in
            for id in ids { state.finished += state.held.removeValue(forKey: id) ?? [] }
        }
        wakeUps.put(())
    }

    func recordKinds(_ entries: [QueueEntry]) {
        state.withLock { state in
            for entry in entries { state.kinds[entry.queue, default: []].insert(entry.kind) }
        }
    }

    /// Drops the known kinds of removed queues, and the hints at work in them.
    func forget(_ queues: [String]) {
        let removed = Set(queues)
        state.withLock { state in
            for queue in removed { state.kinds[queue] = nil }
            state.log.forget(queues)
            state.hints = state.hints.compactMap { hint in
                var hint = hint
                hint.queues.removeAll(where: removed.contains)
                return hint.queues.isEmpty ? nil : hint
            }
        }
    }

    /// The number of stored hints.
    var hintCount: Int { state.withLock(\.hints.count) }

    /// The known kinds of a queue.
    func kinds(of queue: String) -> Set<String> {
        state.withLock { $0.kinds[queue] ?? [] }
    }

    // MARK: The thread

    private func run(_ connection: Reconnection<Transport>) {
        var nextKinds = ContinuousClock.now
        var lastUse = ContinuousClock.now
        while !wakeUps.isClosed {
            let (demand, finished, isUnavailable) = state.withLock { state in
                (state.board.demand, state.finished, state.fault != nil)
            }
            let isIdle = connection.isOpen && ContinuousClock.now - lastUse >= .seconds(idleSeconds)
            guard demand > 0 || !finished.isEmpty || isUnavailable || isIdle else {
                rest(connection)
                continue
            }
            do {
                try connection.use { transport in
                    if isUnavailable || isIdle { try transport.check() }
                    if !finished.isEmpty { try acknowledge(finished, transport) }
                    if ContinuousClock.now >= nextKinds {
                        try fetchKinds(transport)
                        nextKinds = .now + .seconds(Self.kindsSeconds)
                    }
                    if demand > 0 { try fetch(min(demand, Self.fetchLimit), transport) }
                }
                state.withLock { $0.fault = nil }
                lastUse = .now
            } catch {
                lost(error)
                _ = wakeUps.take(within: max(0.01, connection.pause))
            }
        }
        let finished = state.withLock { $0.finished }
        // An ID that cannot be acknowledged is delivered again, and its claim then has no effect. A new connection could not
        // acknowledge it, and a broker that stalls would delay the end.
        if !finished.isEmpty, connection.isOpen { try? connection.use { try $0.acknowledge(finished) } }
        connection.close()
        hasEnded.fire()
    }

    /// Waits for work while no worker waits for jobs.
    private func rest(_ connection: Reconnection<Transport>) {
        let seconds = min(idleSeconds, Transport.restSeconds ?? idleSeconds)
        guard wakeUps.take(within: connection.isOpen ? seconds : nil) == nil, !wakeUps.isClosed,
            Transport.restSeconds != nil
        else { return }
        do {
            try connection.use { try $0.rest() }
        } catch {
            lost(error)
        }
    }

    private func acknowledge(_ finished: [Transport.Receipt], _ transport: Transport) throws {
        try transport.acknowledge(finished)
        state.withLock { $0.finished.removeFirst(finished.count) }
    }

    private func fetchKinds(_ transport: Transport) throws {
        let queues = state.withLock { state in
            Set(state.board.waiters.lazy.filter(\.interest.kinds.isEmpty).flatMap(\.interest.queues))
        }
        for queue in queues {
            let kinds = try transport.kinds(of: queue)
            state.withLock { $0.kinds[queue, default: []].formUnion(kinds) }
        }
    }

    private func fetch(_ limit: Int, _ transport: Transport) throws {
        let lanes = state.withLock { $0.lanes }
        guard !lanes.isEmpty else {
            _ = wakeUps.take(within: Self.fetchSeconds)
            return
        }
        let deliveries = try transport.fetch(lanes, limit: limit, seconds: Self.fetchSeconds)
        guard !deliveries.isEmpty else { return }
        let (endings, unwanted) = state.withLock { state in
            let (endings, unwanted) = state.board.deliver(deliveries.map { ($0.lane, $0.id) })
            let left = Set(unwanted)
            for (place, delivery) in deliveries.enumerated() where !left.contains(place) {
                state.held[delivery.id, default: []].append(delivery.receipt)
            }
            return (endings, unwanted)
        }
        for ending in endings { ending.resume() }
        if !unwanted.isEmpty { try transport.requeue(unwanted.map { deliveries[$0].receipt }) }
    }

    /// The connection broke, and its receipts are invalid. The broker delivers their IDs again.
    private func lost(_ fault: LonghaulError) {
        let endings = state.withLock { state in
            state.fault = fault
            state.held = [:]
            state.finished = []
            return state.board.endAll(.failure(fault))
        }
        for ending in endings { ending.resume() }
    }
}

extension QueueInterest {
    /// Whether a job can match both interests.
    func overlaps(_ other: QueueInterest) -> Bool {
        queues.contains(where: other.queues.contains)
            && (kinds.isEmpty || other.kinds.isEmpty || kinds.contains(where: other.kinds.contains))
    }
}
