import LonghaulBroker
import LonghaulCore

/// The IDs that a server has received and for which no worker waits. A plain value.
struct ReceivedIDs {
    typealias Delivery = BrokerDelivery<SQSTransport.Receipt>

    /// The maximum number of IDs. A server with more receives no further ones, except by receives that are under way.
    static let capacity = 1000
    /// After this time, SQS may already have shown the message to another server.
    static let maxAge: Duration = .seconds(SQSService.visibilitySeconds - 5)

    private var waiting: [Lane: [Delivery]] = [:]
    private(set) var count = 0

    /// Whether more IDs may be received.
    var hasSpace: Bool { count < Self.capacity }

    mutating func add(_ deliveries: [Delivery]) {
        for delivery in deliveries { waiting[delivery.lane, default: []].append(delivery) }
        count += deliveries.count
    }

    /// Takes IDs of some lanes, higher bands first.
    mutating func take(_ lanes: [Lane], limit: Int) -> [Delivery] {
        var taken: [Delivery] = []
        for lane in lanes where taken.count < limit {
            guard let found = waiting[lane]?.prefix(limit - taken.count), !found.isEmpty else { continue }
            taken += found
            waiting[lane]?.removeFirst(found.count)
            if waiting[lane]?.isEmpty == true { waiting[lane] = nil }
        }
        count -= taken.count
        return taken
    }

    /// Removes all IDs.
    mutating func removeAll() -> [Delivery] {
        defer { self = ReceivedIDs() }
        return waiting.values.flatMap { $0 }
    }

    /// Removes the IDs that SQS delivers again.
    mutating func removeExpired(at now: ContinuousClock.Instant) {
        waiting = waiting.compactMapValues { deliveries in
            let left = deliveries.filter { now - $0.receipt.received < Self.maxAge }
            return left.isEmpty ? nil : left
        }
        count = waiting.values.reduce(0) { $0 + $1.count }
    }

    /// The kinds of a queue for which IDs wait.
    func kinds(of queue: String) -> Set<String> {
        Set(waiting.keys.lazy.filter { $0.queue == queue }.map(\.kind))
    }
}
