import CRabbitMQ
import Glibc
import LonghaulCore

/// The channel over which messages are taken, as many as are wanted and no more.
///
/// A quorum queue writes each request for a message to its log. So several are taken by a consumer that is allowed
/// just so many and is gone before any of them is acknowledged: two entries of the log, its coming and its going, for
/// all of them, where asking for each is one for each. Acknowledging is another, for as many as are told in one word.
/// Belongs to its connection's thread.
final class RabbitTaking {
    /// A message as it was taken.
    struct Message {
        var tag: UInt64
        var body: [UInt8]
    }

    /// A message as far as it has come.
    private struct Arriving {
        var tag: UInt64
        /// How many bytes are still to come; nil before its header.
        var left: Int?
        var body: [UInt8] = []
    }

    private static let channel: amqp_channel_t = 3
    /// How long taking may last.
    private static let patience = Duration.seconds(5)
    /// How long a queue may be silent before what it held counts as taken by others: first, and once it has begun to
    /// deliver, as all that a consumer is allowed follows at once.
    private static let firstSilence = Duration.milliseconds(100)
    private static let silence = Duration.milliseconds(20)
    /// As many as one consumer is allowed.
    private static let mostAtOnce = 1000

    private let connection: RabbitConnection
    private var isOpen = false
    /// How many consumers there were.
    private var consumers = 0
    /// What was taken and not yet acknowledged or given back, in the order of the tags.
    private var outstanding: [UInt64] = []
    private var arriving: Arriving?

    init(_ connection: RabbitConnection) {
        self.connection = connection
    }

    /// Takes messages of a queue, until there are so many or no more.
    ///
    /// - Parameter held: how many it holds.
    func take(_ queue: String, limit: Int, held: Int) throws(LonghaulError) -> [Message] {
        let wanted = min(limit, held, Self.mostAtOnce)
        guard wanted > 0 else { return [] }
        try open()
        let messages = wanted == 1 ? try one(of: queue) : try some(wanted, of: queue)
        outstanding += messages.map(\.tag)
        return messages
    }

    private func open() throws(LonghaulError) {
        guard !isOpen else { return }
        amqp_channel_open(connection.handle, Self.channel)
        try connection.check("opening a channel")
        isOpen = true
    }

    private func one(of queue: String) throws(LonghaulError) -> [Message] {
        amqp_maybe_release_buffers(connection.handle)
        try connection.good(longhaul_amqp_send_get(connection.handle, Self.channel, queue), "taking work")
        let end = ContinuousClock.now + Self.patience
        while true {
            guard var frame = try frame(until: end) else { throw silent() }
            if longhaul_amqp_method(&frame) == UInt32(AMQP_BASIC_GET_EMPTY_METHOD) { return [] }
            if let message = try read(&frame) { return [message] }
        }
    }

    private func some(_ wanted: Int, of queue: String) throws(LonghaulError) -> [Message] {
        amqp_maybe_release_buffers(connection.handle)
        // Each has a name of its own: while messages are unacknowledged, a queue keeps the consumer that took them,
        // and would count them against the next one of its name.
        consumers += 1
        let name = "\(consumers)"
        guard longhaul_amqp_consume(connection.handle, Self.channel, queue, name, UInt16(wanted)) != 0 else {
            try connection.check("asking for work")
            throw silent()
        }
        let end = ContinuousClock.now + Self.patience
        var quiet = ContinuousClock.now + Self.firstSilence
        var messages: [Message] = []
        while messages.count < wanted, var frame = try frame(until: min(quiet, end)) {
            if let message = try read(&frame) { messages.append(message) }
            // Word of work, on another channel, says nothing of this queue.
            if frame.channel == Self.channel { quiet = .now + Self.silence }
        }
        guard longhaul_amqp_cancel(connection.handle, Self.channel, name) != 0 else {
            try connection.check("asking for no more work")
            throw silent()
        }
        // What was on its way when the consumer went.
        let last = ContinuousClock.now + Self.patience
        while arriving != nil || amqp_frames_enqueued(connection.handle) != 0 {
            guard var frame = try frame(until: last) else { throw silent() }
            if let message = try read(&frame) { messages.append(message) }
        }
        return messages
    }

    /// The next frame of the channel or any other; nil if none comes in time, or the time is up: other channels may
    /// always have one.
    private func frame(until end: ContinuousClock.Instant) throws(LonghaulError) -> amqp_frame_t? {
        let left = end - ContinuousClock.now
        guard left > .zero else { return nil }
        var limit = timeval(
            tv_sec: Int(left.components.seconds),
            tv_usec: Int(left.components.attoseconds / 1_000_000_000_000))
        var frame = amqp_frame_t()
        let code = amqp_simple_wait_frame_noblock(connection.handle, &frame, &limit)
        if code == AMQP_STATUS_TIMEOUT.rawValue { return nil }
        try connection.good(code, "taking work")
        return frame
    }

    private func silent() -> LonghaulError {
        connection.fault("failed at taking work", "it does not answer")
    }

    /// Adds a frame to the message that is arriving; answers the message once it is whole. Frames of other
    /// channels are word of work, which is being taken.
    private func read(_ frame: inout amqp_frame_t) throws(LonghaulError) -> Message? {
        switch longhaul_amqp_method(&frame) {
        case UInt32(AMQP_CHANNEL_CLOSE_METHOD), UInt32(AMQP_CONNECTION_CLOSE_METHOD):
            throw connection.fault("failed at taking work", "it closed the channel")
        case UInt32(AMQP_BASIC_GET_OK_METHOD), UInt32(AMQP_BASIC_DELIVER_METHOD):
            if frame.channel == Self.channel { arriving = Arriving(tag: longhaul_amqp_tag(&frame)) }
            return nil
        default: break
        }
        guard frame.channel == Self.channel, var message = arriving else { return nil }
        let size = longhaul_amqp_body_size(&frame)
        if size >= 0 { message.left = Int(size) }
        let part = longhaul_amqp_body(&frame)
        if let start = part.bytes, let left = message.left {
            message.body += UnsafeRawBufferPointer(start: start, count: part.len)
            message.left = left - part.len
        }
        arriving = message.left == 0 ? nil : message
        return arriving == nil ? Message(tag: message.tag, body: message.body) : nil
    }

    /// Tells the broker to forget the messages: in one word for all up to one of them, if none before it is still
    /// at work.
    func acknowledge(_ tags: [UInt64]) throws(LonghaulError) {
        let finished = Set(tags)
        let together = outstanding.prefix { finished.contains($0) }
        if let last = together.last { try acknowledge(last, multiple: true) }
        for tag in outstanding.dropFirst(together.count) where finished.contains(tag) {
            try acknowledge(tag, multiple: false)
        }
        outstanding.removeAll { finished.contains($0) }
    }

    private func acknowledge(_ tag: UInt64, multiple: Bool) throws(LonghaulError) {
        try connection.good(
            amqp_basic_ack(connection.handle, Self.channel, tag, multiple ? 1 : 0), "acknowledging")
    }

    /// Puts the messages back where they were.
    func giveBack(_ tags: [UInt64]) throws(LonghaulError) {
        for tag in tags {
            try connection.good(
                amqp_basic_nack(connection.handle, Self.channel, tag, 0, 1), "giving work back")
            outstanding.removeAll { $0 == tag }
        }
    }
}
