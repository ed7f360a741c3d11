import LonghaulBroker
import LonghaulCore

/// The IDs that a server has received and for which no worker waits. A plain value.
struct ReceivedIDs {
    typealias Delivery = BrokerDelivery<SQSTransport.Receipt>

    /// The maximum number of IDs. A server with more receives no further ones, except by receives that are under way.
    static let capacity = 1000
    /// After this time, SQS may already have shown the message to another server.
    static let maxAge: Duration = .seconds(SQSService.visibilitySeconds - 5)

    private var waiting = LaneBuffer<SQSTransport.Receipt>()

    /// The number of IDs.
    var count: Int { waiting.count }

    /// Whether more IDs may be received.
    var hasSpace: Bool { count < Self.capacity }

    mutating func add(_ deliveries: [Delivery]) {
        for delivery in deliveries { waiting.append(delivery) }
    }

    /// Takes IDs of some lanes, higher bands first.
    mutating func take(_ lanes: [Lane], limit: Int) -> [Delivery] { waiting.take(lanes, limit: limit) }

    /// Removes all IDs.
    mutating func removeAll() -> [Delivery] { waiting.removeAll() }

    /// Removes the IDs that SQS delivers again.
    mutating func removeExpired(at now: ContinuousClock.Instant) {
        waiting.removeAll { now - $0.receipt.received >= Self.maxAge }
    }

    /// The kinds of a queue for which IDs wait.
    func kinds(of queue: String) -> Set<String> { waiting.kinds(of: queue) }
}
