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
    private var waiting: [Lane: [Delivery]] = [:]
    private(set) var waitingCount = 0

    /// Whether more IDs may be read.
    var hasSpace: Bool { waitingCount < Self.capacity }

    /// Adds an ID for which no worker waits.
    mutating func addWaiting(_ delivery: Delivery) {
        waiting[delivery.lane, default: []].append(delivery)
        waitingCount += 1
    }

    /// Takes waiting IDs of some lanes, and records them as delivered.
    mutating func takeWaiting(_ lanes: [Lane], limit: Int, at moment: ContinuousClock.Instant) -> [Delivery] {
        var taken: [Delivery] = []
        for lane in lanes where taken.count < limit {
            guard let found = waiting[lane]?.prefix(limit - taken.count), !found.isEmpty else { continue }
            taken += found
            waiting[lane]?.removeFirst(found.count)
            if waiting[lane]?.isEmpty == true { waiting[lane] = nil }
        }
        waitingCount -= taken.count
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
        guard let entry = delivered.removeValue(forKey: receipt) else { return }
        waiting[entry.delivery.lane, default: []].insert(entry.delivery, at: 0)
        waitingCount += 1
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
        waiting = waiting.compactMapValues { deliveries in
            let left = deliveries.filter { $0.receipt.partition != partition }
            return left.isEmpty ? nil : left
        }
        waitingCount = waiting.values.reduce(0) { $0 + $1.count }
    }

    /// The kinds of a queue for which IDs wait.
    func kinds(of queue: String) -> Set<String> {
        Set(waiting.keys.lazy.filter { $0.queue == queue }.map(\.kind))
    }
}
