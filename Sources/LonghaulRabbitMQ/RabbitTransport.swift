import CRabbitMQ
import Glibc
public import LonghaulBroker
public import LonghaulCore

/// Identifiers in RabbitMQ: a durable quorum queue for each lane.
///
/// Messages are taken as somebody waits for them, just so many, and not pushed: what is pushed to a server ahead
/// of its need is kept from the others, and out of the order of priorities. That there is something
/// to take is told by a fan-out exchange; a word that is lost costs a fraction of a second. What cannot be
/// read goes to a queue of its own, `PREFIX.unreadable`, to be looked at.
public final class RabbitTransport: BrokerTransport {
    /// The number of a delivery.
    public struct Receipt: Sendable, Hashable {
        let tag: UInt64
    }

    private let connection: RabbitConnection
    private let taking: RabbitTaking
    private let prefix: String
    private var declared: Set<String> = []
    private var isListening = false

    /// Connects.
    ///
    /// - Throws: `unavailable`.
    public init(_ address: RabbitAddress) throws(LonghaulError) {
        connection = try RabbitConnection(address)
        taking = RabbitTaking(connection)
        prefix = address.prefix
        _ = longhaul_amqp_declare_fanout(connection.handle, RabbitConnection.channel, bell)
        try connection.check("declaring the exchange")
    }

    /// Closes the connection.
    public func close() { connection.close() }

    private var bell: String { prefix + ".work" }

    private var unreadable: String { prefix + ".unreadable" }

    /// A queue's name has at most 255 bytes; a lane's may be longer and is then cut, with a digest of it all.
    private func name(_ lane: Lane) -> String {
        let name = "\(prefix).\(lane.name)"
        guard name.utf8.count > 200 else { return name }
        return name.prefix(130) + SHA256.hexadecimal(SHA256.digest(Array(name.utf8)))
    }

    private func declare(_ name: String) throws {
        if !declared.contains(name) { _ = try messages(in: name) }
    }

    /// How many messages wait in a queue, which comes into being if it is new.
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

    /// Hands over persistent messages, and waits for the broker's confirmation of each.
    public func publish(_ entries: [QueueEntry]) throws {
        for entry in entries {
            let name = name(Lane(entry))
            try declare(name)
            try connection.publish(Array(entry.id.description.utf8), to: name)
        }
        try connection.tell(bell)
        do {
            try connection.confirm()
        } catch {
            // A queue may have been deleted: all are declared again.
            declared = []
            throw error
        }
    }

    /// Takes messages of the lanes, those of higher bands first; waits for word of work if there are none.
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
                let found = try taking.take(
                    name, limit: limit - deliveries.count, held: try messages(in: name))
                let readable = try readable(found, of: lane)
                deliveries += readable
                // What cannot be read took the place of what can.
                if readable.count == found.count { break }
            }
        }
        return deliveries
    }

    /// Those that hold identifiers; the others are put away.
    private func readable(
        _ messages: [RabbitTaking.Message], of lane: Lane
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
            try taking.acknowledge([message.tag])
        }
        return deliveries
    }

    private func listen() throws {
        guard !isListening else { return }
        // On a channel of its own: on the other one, word of work could come between the frames of a message.
        amqp_channel_open(connection.handle, RabbitConnection.bellChannel)
        try connection.check("opening a channel")
        guard longhaul_amqp_listen(connection.handle, RabbitConnection.bellChannel, bell) != 0 else {
            return try connection.check("listening for work")
        }
        isListening = true
    }

    /// Whether word of work comes in time.
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
            try connection.good(code, "waiting for work")
            switch longhaul_amqp_method(&frame) {
            case UInt32(AMQP_BASIC_DELIVER_METHOD): return true
            case UInt32(AMQP_CHANNEL_CLOSE_METHOD), UInt32(AMQP_CONNECTION_CLOSE_METHOD):
                throw connection.fault("failed at waiting for work", "it closed the channel")
            // The rest of an earlier word, or a confirmation.
            default: continue
            }
        }
    }

    /// Tells the broker to forget the messages.
    public func acknowledge(_ receipts: [Receipt]) throws { try taking.acknowledge(receipts.map(\.tag)) }

    /// Puts the messages back where they were.
    public func giveBack(_ receipts: [Receipt]) throws { try taking.giveBack(receipts.map(\.tag)) }

    /// The messages that wait in the queue's lanes, of the kinds that are known here: too few, if the server is
    /// young or some are just being taken, and then some are sent once too often.
    public func held(of queue: String, kinds: Set<String>) throws -> Int? {
        try kinds.reduce(0) { sum, kind in
            try Lane.Band.allCases.reduce(sum) {
                $0 + (try messages(in: name(Lane(queue: queue, kind: kind, band: $1))))
            }
        }
    }

    /// None: the broker keeps no list of them.
    public func kinds(of queue: String) throws -> Set<String> { [] }

    /// Asks for an answer.
    public func check() throws {
        _ = try messages(in: unreadable)
    }
}
