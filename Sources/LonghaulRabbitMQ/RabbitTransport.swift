import CRabbitMQ
import Glibc
public import LonghaulBroker
public import LonghaulCore

/// IDs in RabbitMQ: a durable quorum queue for each lane.
///
/// A server consumes as many messages as its workers wait for. Prefetched messages would be out of reach of other servers
/// and out of priority order. A fan-out exchange announces new messages; a lost announcement delays a job by a fraction of a
/// second. Messages that are not IDs go to the queue `PREFIX.unreadable` for inspection.
public final class RabbitTransport: BrokerTransport {
    /// The number of a delivery.
    public struct Receipt: Sendable, Hashable {
        let tag: UInt64
    }

    private let connection: RabbitConnection
    private let consumer: RabbitConsumer
    private let prefix: String
    private var declared: Set<String> = []
    private var isListening = false

    /// Connects.
    ///
    /// - Throws: `unavailable`.
    public init(_ address: RabbitAddress) throws(LonghaulError) {
        connection = try RabbitConnection(address)
        consumer = RabbitConsumer(connection)
        prefix = address.prefix
        _ = longhaul_amqp_declare_fanout(connection.handle, RabbitConnection.channel, bell)
        try connection.check("declaring the exchange")
    }

    /// Closes the connection.
    public func close() { connection.close() }

    private var bell: String { prefix + ".work" }

    private var unreadable: String { prefix + ".unreadable" }

    /// The name of a lane's queue. RabbitMQ allows 255 bytes; a longer name is cut, and a digest is appended.
    private func name(_ lane: Lane) -> String {
        let name = "\(prefix).\(lane.name)"
        guard name.utf8.count > 200 else { return name }
        return name.prefix(130) + SHA256.hexadecimal(SHA256.digest(Array(name.utf8)))
    }

    private func declare(_ name: String) throws {
        if !declared.contains(name) { _ = try messages(in: name) }
    }

    /// The number of messages in a queue. Declares the queue.
    private func messages(in name: String) throws -> Int {
        let count = longhaul_amqp_declare(connection.handle, RabbitConnection.channel, name, 1)
        guard count >= 0 else {
            declared.remove(name)
            try connection.check("declaring the queue \(name)")
            return 0
        }
        declared.insert(name)
        return Int(count)
    }

    /// Publishes persistent messages, and waits for the broker's confirmation of each.
    public func publish(_ entries: [QueueEntry]) throws {
        for entry in entries {
            let name = name(Lane(entry))
            try declare(name)
            try connection.publish(Array(entry.id.description.utf8), to: name)
        }
        try connection.notify(bell)
        do {
            try connection.confirm()
        } catch {
            // A queue may have been deleted, so all are declared again.
            declared = []
            throw error
        }
    }

    /// Consumes messages of the lanes, higher bands first. Waits for a notification if there are none.
    public func fetch(
        _ lanes: Set<Lane>, limit: Int, seconds: Double
    ) throws -> [BrokerDelivery<Receipt>] {
        try listen()
        let found = try take(lanes, limit: limit)
        guard found.isEmpty else { return found }
        guard try hearsBell(within: seconds) else { return [] }
        return try take(lanes, limit: limit)
    }

    private func take(_ lanes: Set<Lane>, limit: Int) throws -> [BrokerDelivery<Receipt>] {
        var deliveries: [BrokerDelivery<Receipt>] = []
        for lane in lanes.sorted(by: { $0.band > $1.band }) {
            let name = name(lane)
            while deliveries.count < limit {
                let found = try consumer.take(
                    name, limit: limit - deliveries.count, held: try messages(in: name))
                let readable = try readable(found, of: lane)
                deliveries += readable
                // Unreadable messages used up a part of the limit.
                if readable.count == found.count { break }
            }
        }
        return deliveries
    }

    /// The messages that contain IDs. Moves the others to the queue of unreadable messages.
    private func readable(
        _ messages: [RabbitConsumer.Message], of lane: Lane
    ) throws -> [BrokerDelivery<Receipt>] {
        var deliveries: [BrokerDelivery<Receipt>] = []
        for message in messages {
            if let id = JobID(String(decoding: message.body, as: UTF8.self)) {
                deliveries.append(BrokerDelivery(receipt: Receipt(tag: message.tag), lane: lane, id: id))
                continue
            }
            try declare(unreadable)
            try connection.publish(message.body, to: unreadable)
            try connection.confirm()
            try consumer.acknowledge([message.tag])
        }
        return deliveries
    }

    private func listen() throws {
        guard !isListening else { return }
        // A separate channel, so that a notification cannot arrive between the frames of a message.
        amqp_channel_open(connection.handle, RabbitConnection.bellChannel)
        try connection.check("opening a channel")
        guard longhaul_amqp_listen(connection.handle, RabbitConnection.bellChannel, bell) != 0 else {
            return try connection.check("subscribing to notifications")
        }
        isListening = true
    }

    /// Whether a notification arrives in time.
    private func hearsBell(within seconds: Double) throws -> Bool {
        let end = ContinuousClock.now + .seconds(seconds)
        while true {
            amqp_maybe_release_buffers(connection.handle)
            let left = max(0, (end - ContinuousClock.now) / .seconds(1))
            var limit = timeval(
                tv_sec: Int(left), tv_usec: Int(left.truncatingRemainder(dividingBy: 1) * 1e6))
            var frame = amqp_frame_t()
            let code = amqp_simple_wait_frame_noblock(connection.handle, &frame, &limit)
            if code == AMQP_STATUS_TIMEOUT.rawValue { return false }
            try connection.good(code, "waiting for notifications")
            switch longhaul_amqp_method(&frame) {
            case UInt32(AMQP_BASIC_DELIVER_METHOD): return true
            case UInt32(AMQP_CHANNEL_CLOSE_METHOD), UInt32(AMQP_CONNECTION_CLOSE_METHOD):
                throw connection.fault("failed while waiting for notifications", "it closed the channel")
            // The rest of an earlier notification, or a confirmation.
            default: continue
            }
        }
    }

    /// Acknowledges the messages.
    public func acknowledge(_ receipts: [Receipt]) throws { try consumer.acknowledge(receipts.map(\.tag)) }

    /// Returns the messages to their places in the queue.
    public func requeue(_ receipts: [Receipt]) throws { try consumer.requeue(receipts.map(\.tag)) }

    /// The number of messages in the queue's lanes, for the kinds that this server knows. The number is too low after a
    /// start and while messages are being consumed; some IDs are then published twice.
    public func held(of queue: String, kinds: Set<String>) throws -> Int? {
        try kinds.reduce(0) { sum, kind in
            try Lane.Band.allCases.reduce(sum) {
                $0 + (try messages(in: name(Lane(queue: queue, kind: kind, band: $1))))
            }
        }
    }

    /// None: the broker keeps no list of them.
    public func kinds(of queue: String) throws -> Set<String> { [] }

    /// Sends a request and waits for the answer.
    public func check() throws {
        _ = try messages(in: unreadable)
    }
}
