import LonghaulBroker
import LonghaulConcurrency
import LonghaulCore
import Synchronization

/// Receives IDs for waiting workers. One thread calls it; long polls run as tasks.
///
/// A queue of SQS is read until it is empty, higher bands first. Then a long poll waits for its next messages, so an idle
/// server sends three requests in 20 seconds for each queue of Longhaul.
final class SQSReceiver: Sendable {
    typealias Delivery = BrokerDelivery<SQSTransport.Receipt>

    private struct Poll {
        var number: Int
        var task: GatedTask<Void>
    }

    private struct State {
        var waiting = ReceivedIDs()
        var polls: [SQSPlace: Poll] = [:]
        var nextNumber = 0
        /// The places of the latest fetch.
        var wanted: Set<SQSPlace> = []
        /// The number of the latest read of each wanted place.
        var reads: [SQSPlace: Int] = [:]
    }

    /// The maximum number of long polls at the same time. Each has a connection.
    private static let maxPolls = 96
    /// The wait of long polls while there are more places than polls, so that each place has its turn.
    private static let shortWaitSeconds = 2
    /// The maximum number of rounds of one read, so that other bands have their turn.
    private static let maxRounds = 8

    private let service: SQSService
    private let state = Mutex(State())
    private let arrivals = Inbox<Void>(capacity: 1)

    init(_ service: SQSService) {
        self.service = service
    }

    deinit { stop() }

    /// Receives IDs of these lanes, higher bands first. Waits for the first one.
    func fetch(_ lanes: Set<Lane>, limit: Int, seconds: Double) throws -> [Delivery] {
        let sorted = lanes.sorted { $0.band > $1.band }
        let wanted = Set(lanes.map { SQSPlace(queue: $0.queue, band: $0.band) })
        state.withLock { state in
            state.wanted = wanted
            state.reads = state.reads.filter { wanted.contains($0.key) }
            state.waiting.removeExpired(at: .now)
        }
        var found = take(sorted, limit: limit)
        for band in Lane.Band.allCases.reversed() where found.count < limit {
            try read(idlePlaces(band), lanes, limit: limit - found.count)
            found += take(sorted, limit: limit - found.count)
        }
        if found.isEmpty, arrivals.take(within: seconds) != nil { found = take(sorted, limit: limit) }
        return found
    }

    private func take(_ lanes: [Lane], limit: Int) -> [Delivery] {
        state.withLock { $0.waiting.take(lanes, limit: limit) }
    }

    /// Keeps IDs for which no worker waits any more.
    func requeue(_ receipts: [SQSTransport.Receipt]) {
        let deliveries = receipts.map { Delivery(receipt: $0, lane: $0.lane, id: $0.id) }
        state.withLock { $0.waiting.add(deliveries) }
    }

    /// Whether there are IDs for which no worker waits.
    var hasWaiting: Bool { state.withLock { $0.waiting.count > 0 } }

    /// Removes the IDs for which no worker waits.
    func removeWaiting() -> [SQSTransport.Receipt] {
        state.withLock { $0.waiting.removeAll() }.map(\.receipt)
    }

    /// The kinds of a queue for which no worker waits.
    func kinds(of queue: String) -> Set<String> { state.withLock { $0.waiting.kinds(of: queue) } }

    /// Ends all long polls. Returns their tasks, which end soon.
    @discardableResult
    func stop() -> [GatedTask<Void>] {
        let polls = state.withLock { state in
            let polls = state.polls
            state.polls = [:]
            return polls
        }
        for poll in polls.values { poll.task.cancel() }
        return polls.values.map(\.task)
    }

    // MARK: Reads

    /// The wanted places of a band without a long poll, in the order in which they were last read.
    private func idlePlaces(_ band: Lane.Band) -> [SQSPlace] {
        state.withLock { state in
            guard state.waiting.hasSpace else { return [] }
            let idle = state.wanted.filter { $0.band == band && state.polls[$0] == nil }
            let places = idle.sorted { state.reads[$0, default: 0] < state.reads[$1, default: 0] }
                .prefix(Self.maxPolls - state.polls.count)
            for place in places {
                state.nextNumber += 1
                state.reads[place] = state.nextNumber
            }
            return Array(places)
        }
    }

    /// Reads places until each is empty, or has delivered `limit` IDs of the lanes. Starts long polls of the empty ones.
    private func read(_ places: [SQSPlace], _ lanes: Set<Lane>, limit: Int) throws {
        guard !places.isEmpty else { return }
        let empty = try perform { [self] in
            try await places.concurrently { place -> SQSPlace? in
                try await self.drain(place, lanes, limit: limit) ? place : nil
            }.compactMap(\.self)
        }
        for place in empty { startPoll(of: place, limit: limit) }
    }

    /// Returns whether the place is empty.
    private func drain(_ place: SQSPlace, _ lanes: Set<Lane>, limit: Int) async throws -> Bool {
        var missing = limit
        for round in 0..<Self.maxRounds {
            let width = min(1 << round, [Int].concurrency)
            let sizes = (0..<width).map { min(SQSService.batchSize, missing - $0 * SQSService.batchSize) }
                .filter { $0 > 0 }
            let batches = try await sizes.concurrently { size in
                try await self.receive(place, limit: size, waitSeconds: 0)
            }
            let deliveries = batches.flatMap(\.deliveries)
            let hasSpace = state.withLock { state in
                state.waiting.add(deliveries)
                return state.waiting.hasSpace
            }
            if batches.reduce(0, { $0 + $1.count }) < sizes.reduce(0, +) { return true }
            let fitting = deliveries.count { lanes.contains($0.lane) }
            missing -= fitting
            guard missing > 0, hasSpace else { return false }
            // IDs of other kinds are in front.
            if fitting == 0 { missing = max(missing, width * SQSService.batchSize) }
        }
        return false
    }

    /// Receives messages: the IDs, and the number of all messages. Moves the unreadable ones.
    private func receive(
        _ place: SQSPlace, limit: Int, waitSeconds: Int
    ) async throws -> (deliveries: [Delivery], count: Int) {
        let messages = try await service.receive(place, limit: limit, waitSeconds: waitSeconds)
        let now = ContinuousClock.now
        var deliveries: [Delivery] = []
        for message in messages {
            guard let (lane, id) = SQSMessage.parse(message.body, from: place) else {
                try await service.moveUnreadable(message, from: place)
                continue
            }
            let receipt = SQSTransport.Receipt(handle: message.receipt, lane: lane, id: id, received: now)
            deliveries.append(Delivery(receipt: receipt, lane: lane, id: id))
        }
        return (deliveries, messages.count)
    }

    // MARK: Long polls

    private func startPoll(of place: SQSPlace, limit: Int) {
        let number = state.withLock { state in
            state.nextNumber += 1
            return state.nextNumber
        }
        let task = GatedTask<Void> { [weak self] in
            while await self?.poll(place, limit: min(limit, SQSService.batchSize)) == true {}
            self?.endPoll(of: place, number)
        }
        state.withLock { $0.polls[place] = Poll(number: number, task: task) }
        task.open()
    }

    /// Waits for messages once. Returns whether to wait again. After an error, the next fetch reads the place and reports
    /// the error if it is still there.
    private func poll(_ place: SQSPlace, limit: Int) async -> Bool {
        let hasTurns = state.withLock { $0.wanted.count > Self.maxPolls }
        let seconds = hasTurns ? Self.shortWaitSeconds : SQSService.maxWaitSeconds
        guard let (deliveries, count) = try? await receive(place, limit: limit, waitSeconds: seconds) else {
            return false
        }
        guard count == 0 else {
            state.withLock { $0.waiting.add(deliveries) }
            return false
        }
        return !hasTurns && !Task.isCancelled && state.withLock { $0.wanted.contains(place) }
    }

    private func endPoll(of place: SQSPlace, _ number: Int) {
        let (ended, hasArrived) = state.withLock { state -> (Poll?, Bool) in
            guard state.polls[place]?.number == number else { return (nil, state.waiting.count > 0) }
            return (state.polls.removeValue(forKey: place), state.waiting.count > 0)
        }
        // Its task ends outside the lock.
        withExtendedLifetime(ended) {}
        if hasArrived { arrivals.put(()) }
    }
}
