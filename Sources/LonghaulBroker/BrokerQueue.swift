public import LonghaulCore
import Synchronization

/// A queue in a broker, for any store. It carries IDs only, and may lose all of them.
///
/// It has two connections, each on its own thread. One publishes, and returns when the broker has accepted the IDs. The
/// other fetches as many IDs as workers wait for. Both reconnect with back-off. Without a connection,
/// ``receive(_:limit:until:)`` throws, and waiting workers query the store.
public final class BrokerQueue<Transport: BrokerTransport>: JobQueue {
    let consumer: BrokerConsumer<Transport>
    private let publisher: BrokerPublisher<Transport>
    private let time: any TimeSource

    /// A queue over connections that `connect` opens at the first use.
    public init(time: any TimeSource, connect: @escaping @Sendable () throws -> Transport) {
        self.time = time
        consumer = BrokerConsumer(connect: connect)
        publisher = BrokerPublisher(connect: connect)
    }

    deinit {
        consumer.stop()
        publisher.stop()
    }

    /// True: it delivers IDs.
    public var carriesIdentifiers: Bool { true }

    /// Publishes the IDs to the broker.
    public func publish(_ entries: [QueueEntry]) async throws {
        consumer.recordKinds(entries)
        try await publisher.perform { try $0.publish(entries) }
    }

    /// Records the kinds, for workers that take every kind.
    public func observeRemote(_ entries: [QueueEntry]) {
        consumer.recordKinds(entries)
    }

    /// Waits for IDs that match the interest.
    ///
    /// - Throws: ``LonghaulError`` `unavailable` while the broker does not answer; `CancellationError`.
    public func receive(
        _ interest: QueueInterest, limit: Int, until deadline: Timestamp, since wakeCount: Int
    ) async throws -> QueueDelivery {
        let number = try consumer.reserve()
        let timer = Task { [consumer, time] in
            // Cancelled when the wait has ended before.
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
                        number: number, interest: interest, limit: limit, continuation: continuation),
                    since: wakeCount)
            }
        } onCancel: {
            consumer.end(number, .failure(CancellationError()))
        }
    }

    /// The number of wake-ups that concern every kind.
    public var wakeCount: Int { consumer.wakeCount }

    /// Makes all waiting workers that match the interest query the store.
    public func wake(_ interest: QueueInterest) {
        consumer.wake(interest)
    }

    /// Makes all waiting workers query the store.
    public func wakeAll() {
        consumer.wakeAll()
    }

    /// Drops the known kinds of removed queues, and the hints at work in them.
    public func forget(_ queues: [String]) {
        consumer.forget(queues)
    }

    /// Acknowledges the IDs to the broker.
    public func acknowledge(_ ids: [JobID]) async throws {
        consumer.acknowledge(ids)
    }

    /// The number of IDs of a queue that the broker holds.
    public func held(of queue: String) async throws -> Int? {
        let kinds = consumer.kinds(of: queue)
        return try await publisher.perform { try $0.held(of: queue, kinds: kinds) }
    }

    /// Throws unless the broker answers.
    public func checkReady() async throws {
        try await publisher.perform { try $0.check() }
    }

    /// Closes both connections. Later calls throw `unavailable`.
    public func close() async {
        consumer.stop()
        publisher.stop()
        await consumer.ended()
        await publisher.ended()
    }
}
