import LonghaulBroker
import LonghaulCore

/// The IDs that a server has read from Kafka and that are not processed: those that workers received, and those of kinds
/// for which no worker waits. A plain value.
struct DeliveryBuffer {
    typealias Delivery = BrokerDelivery<KafkaTransport.Receipt>

    private struct Delivered {
        var delivery: Delivery
        var moment: ContinuousClock.Instant
    }

    /// The maximum number of IDs for which no worker waits.
    static let capacity = 10_000

    private var delivered: [KafkaTransport.Receipt: Delivered] = [:]
    private var waiting = LaneBuffer<KafkaTransport.Receipt>()

    /// The number of IDs for which no worker waits.
    var waitingCount: Int { waiting.count }

    /// Whether more IDs may be read.
    var hasSpace: Bool { waitingCount < Self.capacity }

    /// Adds an ID for which no worker waits.
    mutating func addWaiting(_ delivery: Delivery) { waiting.append(delivery) }

    /// Takes waiting IDs of some lanes, and records them as delivered.
    mutating func takeWaiting(_ lanes: [Lane], limit: Int, at moment: ContinuousClock.Instant) -> [Delivery] {
        let taken = waiting.take(lanes, limit: limit)
        for delivery in taken { recordDelivered(delivery, at: moment) }
        return taken
    }

    /// Records that a worker gets an ID.
    mutating func recordDelivered(_ delivery: Delivery, at moment: ContinuousClock.Instant) {
        delivered[delivery.receipt] = Delivered(delivery: delivery, moment: moment)
    }

    /// Removes a processed ID. Returns whether it was delivered.
    mutating func remove(_ receipt: KafkaTransport.Receipt) -> Bool {
        delivered.removeValue(forKey: receipt) != nil
    }

    /// Returns a delivered ID for which no worker waits any more.
    mutating func requeue(_ receipt: KafkaTransport.Receipt) {
        if let entry = delivered.removeValue(forKey: receipt) { waiting.prepend(entry.delivery) }
    }

    /// Removes the IDs that were delivered before a moment and never acknowledged.
    mutating func removeDelivered(before moment: ContinuousClock.Instant) -> [KafkaTransport.Receipt] {
        let old = delivered.values.filter { $0.moment < moment }.map(\.delivery.receipt)
        for receipt in old { delivered[receipt] = nil }
        return old
    }

    /// Removes all IDs of a partition, which another server now reads.
    mutating func removeAll(of partition: KafkaTransport.Partition) {
        delivered = delivered.filter { $0.key.partition != partition }
        waiting.removeAll { $0.receipt.partition == partition }
    }

    /// The kinds of a queue for which IDs wait.
    func kinds(of queue: String) -> Set<String> { waiting.kinds(of: queue) }
}
