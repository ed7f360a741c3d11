public import LonghaulCore
import Synchronization

/// A queue that lies in a broker, beside whichever store: it carries identifiers only, and may lose them all.
///
/// Two connections, each on a thread of its own: one publishes and answers once the broker has taken what it
/// was given; one fetches what those who wait here ask for, never more. Both connect again, with growing pauses,
/// when the broker was away. Meanwhile ``receive(_:limit:until:)`` throws, and whoever waits asks the store.
public final class BrokerQueue<Transport: BrokerTransport>: JobQueue {
    private let consumer: BrokerConsumer<Transport>
    private let publisher: BrokerPublisher<Transport>
    private let time: any TimeSource

    /// A queue over connections that `connect` makes. Nothing is connected before the first use.
    public init(time: any TimeSource, connect: @escaping @Sendable () throws -> Transport) {
        self.time = time
        consumer = BrokerConsumer(connect: connect)
        publisher = BrokerPublisher(connect: connect)
    }

    deinit {
        consumer.stop()
        publisher.stop()
    }

    /// It delivers identifiers.
    public var carriesIdentifiers: Bool { true }

    /// Hands the identifiers to the broker.
    public func publish(_ entries: [QueueEntry]) async throws {
        consumer.learn(entries)
        try await publisher.perform { try $0.publish(entries) }
    }

    /// Takes note of the kinds, for those who take every kind.
    public func noticed(_ entries: [QueueEntry]) {
        consumer.learn(entries)
    }

    /// Waits for identifiers of the interest.
    ///
    /// - Throws: ``LonghaulError`` `unavailable` while the broker is away; `CancellationError`.
    public func receive(
        _ interest: QueueInterest, limit: Int, until deadline: Timestamp
    ) async throws -> QueueDelivery {
        let number = try consumer.reserve()
        let timer = Task { [consumer, time] in
            // Cancelled when the wait has ended by itself.
            guard (try? await time.sleep(until: deadline)) != nil else { return }
            consumer.end(number, .success(.none))
        }
        defer {
            timer.cancel()
            consumer.forget(number)
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                consumer.wait(
                    DeliveryBoard.Waiter(
                        number: number, interest: interest, limit: limit, continuation: continuation))
            }
        } onCancel: {
            consumer.end(number, .failure(CancellationError()))
        }
    }

    /// Makes everybody who waits for this sort of work look into the store.
    public func lookAgain(_ interest: QueueInterest) {
        consumer.lookAgain(interest)
    }

    /// Tells the broker that these were dealt with.
    public func acknowledge(_ ids: [JobID]) async throws {
        consumer.acknowledge(ids)
    }

    /// How many identifiers of a queue the broker holds.
    public func held(of queue: String) async throws -> Int? {
        let kinds = consumer.kinds(of: queue)
        return try await publisher.perform { try $0.held(of: queue, kinds: kinds) }
    }

    /// Throws unless the broker answers.
    public func checkReady() async throws {
        try await publisher.perform { try $0.check() }
    }

    /// Ends both connections. Later calls throw `unavailable`.
    public func close() async {
        consumer.stop()
        publisher.stop()
        await consumer.ended()
        await publisher.ended()
    }
}
