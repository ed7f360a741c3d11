import LonghaulAWS
public import LonghaulBroker
import LonghaulConcurrency
public import LonghaulCore

/// IDs in SQS: a standard queue for each queue and band of priorities.
///
/// A message is the ID and the kind of a job. It is deleted when the claim in the store has succeeded or failed, before the
/// job has begun its work, so no time-out of SQS concerns jobs. Losing all messages, or receiving some again, delays jobs
/// but loses none.
public final class SQSTransport: BrokerTransport {
    /// A delivery: the receipt handle of SQS, and what is needed to return it.
    public struct Receipt: Sendable, Hashable {
        let handle: String
        let lane: Lane
        let id: JobID
        let received: ContinuousClock.Instant

        var place: SQSPlace { SQSPlace(queue: lane.queue, band: lane.band) }
    }

    private let service: SQSService
    private let receiver: SQSReceiver

    /// A connection over the service, which the caller closes later.
    public init(_ service: SQSService) {
        self.service = service
        receiver = SQSReceiver(service)
    }

    /// Ends the receives, and returns IDs that no worker got.
    public func close() {
        // SQS shows them again by itself after a while.
        try? returnWaiting(maxAttempts: 1)
    }

    /// Sends the IDs, and waits until SQS has accepted all of them.
    public func publish(_ entries: [QueueEntry]) throws {
        let batches = Batch.batches(entries) { entry in
            SQSPlace(queue: entry.queue, band: Lane.Band(priority: entry.priority))
        }
        try perform { [service] in
            try await batches.concurrently { batch in
                try await service.send(batch.elements, to: batch.place)
            }
        }
    }

    /// Receives IDs of the lanes, higher bands first.
    public func fetch(
        _ lanes: Set<Lane>, limit: Int, seconds: Double
    ) throws -> [BrokerDelivery<Receipt>] {
        try receiver.fetch(lanes, limit: limit, seconds: seconds)
    }

    /// Deletes the messages.
    public func acknowledge(_ receipts: [Receipt]) throws {
        let batches = Batch.batches(receipts, place: \.place)
        try perform { [service] in
            try await batches.concurrently { batch in
                try await service.delete(batch.elements.map(\.handle)[...], from: batch.place)
            }
        }
    }

    /// Keeps the IDs until a worker of this server waits for them; ``rest()`` returns them.
    public func requeue(_ receipts: [Receipt]) throws { receiver.requeue(receipts) }

    /// The approximate number of messages of the queue.
    public func held(of queue: String, kinds: Set<String>) throws -> Int? {
        let places = Lane.Band.allCases.map { SQSPlace(queue: queue, band: $0) }
        return try perform { [service] in
            try await places.concurrently { try await service.count($0) }.reduce(0, +)
        }
    }

    /// The kinds for which no worker of this server waits, and of which it has received IDs.
    public func kinds(of queue: String) throws -> Set<String> { receiver.kinds(of: queue) }

    /// Requests the URL of the queue `default`.
    public func check() throws {
        let place = SQSPlace(queue: "default", band: .middle)
        try perform { [service] in
            let name = service.names.name(place)
            guard try await service.findURL(of: name, isProbe: true) == nil else { return }
            try await service.withURL(of: place) { _, _ in }
        }
    }

    /// While no worker waits, other servers get the IDs.
    public func rest() throws {
        try returnWaiting(maxAttempts: 2)
    }

    /// Workers that finish a short job wait again within this time.
    public static var restSeconds: Double? { 1 }

    private func returnWaiting(maxAttempts: Int) throws {
        let polls = receiver.stop()
        guard !polls.isEmpty || receiver.hasWaiting else { return }
        try perform { [service, receiver] in
            // A poll that has not ended would receive the IDs again.
            for poll in polls { _ = await poll.value }
            let batches = Batch.batches(receiver.removeWaiting(), place: \.place)
            try await batches.concurrently { batch in
                try await service.release(
                    batch.elements.map(\.handle)[...], to: batch.place, maxAttempts: maxAttempts)
            }
        }
    }
}

/// Runs asynchronous code on behalf of a thread that may block.
///
/// - Throws: `unavailable` in place of an ``AWSError``.
@discardableResult
func perform<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) throws -> Value {
    let outcome = Event<Result<Value, any Error>>()
    Task {
        do {
            outcome.fire(.success(try await body()))
        } catch {
            outcome.fire(.failure((error as? AWSError)?.asUnavailable ?? error))
        }
    }
    return try outcome.waitOnThread().get()
}
