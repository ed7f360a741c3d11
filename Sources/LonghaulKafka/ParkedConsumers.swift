import CKafka
import LonghaulCore
import Synchronization

/// Clients that librdkafka cannot end yet. They are kept, and used again.
///
/// Before version 2.3, librdkafka aborts the process when a client with the cooperative-sticky assignor ends after the group
/// has accepted it and before its first assignment (issue 4312 of librdkafka).
enum ParkedConsumers {
    private struct Parked {
        let address: KafkaAddress
        let handle: KafkaHandle
    }

    /// The maximum number of clients. Only clients that cannot be used again accumulate.
    private static let capacity = 8
    private static let parked = Mutex<[Parked]>([])

    /// Keeps a client that may not be ended. It leaves the group.
    static func park(_ handle: KafkaHandle, _ address: KafkaAddress) {
        handle.events.rebalance = nil
        rd_kafka_unsubscribe(handle.pointer)
        parked.withLock { $0.append(Parked(address: address, handle: handle)) }
    }

    /// A client with these settings: a kept one, or a new one.
    ///
    /// - Throws: `unavailable` if too many clients are kept.
    static func take(_ address: KafkaAddress) throws(LonghaulError) -> KafkaHandle {
        let (handle, isFull) = parked.withLock { parked -> (KafkaHandle?, Bool) in
            guard
                let place = parked.firstIndex(where: {
                    $0.address == address && !$0.handle.events.hasFatalError
                })
            else { return (nil, parked.count >= capacity) }
            return (parked.remove(at: place).handle, false)
        }
        if let handle {
            handle.events.reset()
            return handle
        }
        guard !isFull else {
            throw KafkaEvents().unavailable(
                "cannot be used by group \(address.group)",
                "it refused this server \(capacity) times in a way that requires a restart of the server")
        }
        return try KafkaHandle(RD_KAFKA_CONSUMER, address.consumerSettings, KafkaEvents())
    }
}
