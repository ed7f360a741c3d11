import CRabbitMQ
import Glibc
import LonghaulCore

/// The channel that consumes messages, at most as many as requested.
///
/// A quorum queue writes each `basic.get` to its log. Therefore several messages are consumed by a consumer with a prefetch
/// limit, which is cancelled before the first acknowledgement. This writes two entries to the log (the start and the end of
/// the consumer), not one for each message. One acknowledgement with `multiple` adds one more entry. Belongs to the thread
/// of its connection.
final class RabbitConsumer {
    /// A consumed message.
    struct Message {
        var tag: UInt64
        var body: [UInt8]
    }

    /// A message that is partly received.
    private struct Arriving {
        var tag: UInt64
        /// The number of missing bytes; nil before the header.
        var left: Int?
        var body: [UInt8] = []
    }

    private static let channel: amqp_channel_t = 3
    /// The maximum duration of one call.
    private static let timeout = Duration.seconds(5)
    /// The silence after which the messages of a queue count as consumed by other servers: before the first delivery, and
    /// after it, because the broker sends all prefetched messages at once.
    private static let firstSilence = Duration.milliseconds(100)
    private static let silence = Duration.milliseconds(20)
    /// The maximum prefetch limit of a consumer.
    private static let maxPrefetch = 1000

    private let connection: RabbitConnection
    private var isOpen = false
    /// The number of consumers so far.
    private var consumers = 0
    /// The tags that are not acknowledged or returned yet, in order.
    private var outstanding: [UInt64] = []
    private var arriving: Arriving?

    init(_ connection: RabbitConnection) {
        self.connection = connection
    }

    /// Consumes at most `limit` messages of a queue.
    ///
    /// - Parameter held: the number of messages in the queue.
    func take(_ queue: String, limit: Int, held: Int) throws(LonghaulError) -> [Message] {
        let wanted = min(limit, held, Self.maxPrefetch)
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
        try connection.good(longhaul_amqp_send_get(connection.handle, Self.channel, queue), "consuming")
        let end = ContinuousClock.now + Self.timeout
        while true {
            guard var frame = try frame(until: end) else { throw silent() }
            if longhaul_amqp_method(&frame) == UInt32(AMQP_BASIC_GET_EMPTY_METHOD) { return [] }
            if let message = try read(&frame) { return [message] }
        }
    }

    private func some(_ wanted: Int, of queue: String) throws(LonghaulError) -> [Message] {
        amqp_maybe_release_buffers(connection.handle)
        // Each consumer has a new name. While messages are unacknowledged, the queue keeps their consumer, and would count
        // them against the prefetch limit of the next consumer with the same name.
        consumers += 1
        let name = "\(consumers)"
        guard longhaul_amqp_consume(connection.handle, Self.channel, queue, name, UInt16(wanted)) != 0 else {
            try connection.check("starting the consumer")
            throw silent()
        }
        let end = ContinuousClock.now + Self.timeout
        var quiet = ContinuousClock.now + Self.firstSilence
        var messages: [Message] = []
        while messages.count < wanted, var frame = try frame(until: min(quiet, end)) {
            if let message = try read(&frame) { messages.append(message) }
            // Frames of the notification channel do not count as a delivery of this queue.
            if frame.channel == Self.channel { quiet = .now + Self.silence }
        }
        guard longhaul_amqp_cancel(connection.handle, Self.channel, name) != 0 else {
            try connection.check("cancelling the consumer")
            throw silent()
        }
        // Messages that the broker sent before it cancelled the consumer.
        let last = ContinuousClock.now + Self.timeout
        while arriving != nil || amqp_frames_enqueued(connection.handle) != 0 {
            guard var frame = try frame(until: last) else { throw silent() }
            if let message = try read(&frame) { messages.append(message) }
        }
        return messages
    }

    /// The next frame of any channel; nil if none arrives in time. The deadline also ends the wait while other channels
    /// have frames.
    private func frame(until end: ContinuousClock.Instant) throws(LonghaulError) -> amqp_frame_t? {
        let left = end - ContinuousClock.now
        guard left > .zero else { return nil }
        var limit = timeval(
            tv_sec: Int(left.components.seconds),
            tv_usec: Int(left.components.attoseconds / 1_000_000_000_000))
        var frame = amqp_frame_t()
        let code = amqp_simple_wait_frame_noblock(connection.handle, &frame, &limit)
        if code == AMQP_STATUS_TIMEOUT.rawValue { return nil }
        try connection.good(code, "consuming")
        return frame
    }

    private func silent() -> LonghaulError {
        connection.fault("failed while consuming", "it does not answer")
    }

    /// Adds a frame to the message that is arriving, and returns the message when it is complete. Ignores the
    /// notifications of other channels.
    private func read(_ frame: inout amqp_frame_t) throws(LonghaulError) -> Message? {
        switch longhaul_amqp_method(&frame) {
        case UInt32(AMQP_CHANNEL_CLOSE_METHOD), UInt32(AMQP_CONNECTION_CLOSE_METHOD):
            throw connection.fault("failed while consuming", "it closed the channel")
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

    /// Acknowledges messages: with one call for all messages up to the first one that is still in use, if possible.
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

    /// Returns the messages to their places in the queue.
    func requeue(_ tags: [UInt64]) throws(LonghaulError) {
        for tag in tags {
            try connection.good(
                amqp_basic_nack(connection.handle, Self.channel, tag, 0, 1), "requeuing messages")
            outstanding.removeAll { $0 == tag }
        }
    }
}
