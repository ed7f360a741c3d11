import CRabbitMQ
import Glibc
import LonghaulCore

/// The channels over which messages are taken, several at once.
///
/// A quorum queue answers each request only when its log is on the disk, and a channel answers one request after the
/// other. Requests on several channels go into one write of the log, which makes them many times as fast.
/// Belongs to its connection's thread.
final class RabbitTaking {
    /// A message as it was taken.
    struct Message {
        var receipt: RabbitTransport.Receipt
        var text: String
    }

    /// The answer of one channel, as far as it has come.
    private struct Answer {
        var tag: UInt64 = 0
        /// How many bytes of the message are still to come; nil before its header.
        var left: Int?
        var body: [UInt8] = []
        var isWhole: Bool { left == 0 }
    }

    private static let first: amqp_channel_t = 3
    private static let channels = 32
    private static let patience = timeval(tv_sec: 5, tv_usec: 0)

    private let connection: RabbitConnection
    private var isOpen = false
    /// What was taken on each channel and not yet acknowledged or given back, in the order of the tags.
    private var outstanding: [amqp_channel_t: [UInt64]] = [:]

    init(_ connection: RabbitConnection) {
        self.connection = connection
    }

    /// Takes messages of a queue, until there are so many or no more.
    func take(_ queue: String, limit: Int) throws(LonghaulError) -> [Message] {
        try open()
        var messages: [Message] = []
        while messages.count < limit {
            let asked = min(Self.channels, limit - messages.count)
            let found = try round(queue, asked)
            messages += found
            if found.count < asked { break }
        }
        return messages
    }

    private func open() throws(LonghaulError) {
        guard !isOpen else { return }
        for number in Self.first..<Self.first + amqp_channel_t(Self.channels) {
            amqp_channel_open(connection.handle, number)
            try connection.check("opening a channel")
        }
        isOpen = true
    }

    /// Asks once on each of so many channels.
    private func round(_ queue: String, _ count: Int) throws(LonghaulError) -> [Message] {
        amqp_maybe_release_buffers(connection.handle)
        var answers: [amqp_channel_t: Answer] = [:]
        for number in Self.first..<Self.first + amqp_channel_t(count) {
            try connection.good(longhaul_amqp_send_get(connection.handle, number, queue), "taking work")
            answers[number] = Answer()
        }
        var messages: [Message] = []
        while !answers.isEmpty {
            var frame = amqp_frame_t()
            var patience = Self.patience
            try connection.good(
                amqp_simple_wait_frame_noblock(connection.handle, &frame, &patience), "taking work")
            // Anything else is word of work, which is being taken.
            guard var answer = answers[frame.channel] else { continue }
            guard try read(&frame, into: &answer) else {
                answers[frame.channel] = nil
                continue
            }
            guard answer.isWhole else {
                answers[frame.channel] = answer
                continue
            }
            answers[frame.channel] = nil
            outstanding[frame.channel, default: []].append(answer.tag)
            messages.append(
                Message(
                    receipt: RabbitTransport.Receipt(channel: frame.channel, tag: answer.tag),
                    text: String(decoding: answer.body, as: UTF8.self)))
        }
        return messages
    }

    /// Adds a frame to an answer. Answers whether there is a message at all.
    private func read(_ frame: inout amqp_frame_t, into answer: inout Answer) throws(LonghaulError) -> Bool {
        switch longhaul_amqp_method(&frame) {
        case UInt32(AMQP_BASIC_GET_OK_METHOD): answer.tag = longhaul_amqp_tag(&frame)
        case UInt32(AMQP_BASIC_GET_EMPTY_METHOD): return false
        case UInt32(AMQP_CHANNEL_CLOSE_METHOD), UInt32(AMQP_CONNECTION_CLOSE_METHOD):
            throw connection.fault("failed at taking work", "it closed the channel")
        default: break
        }
        let size = longhaul_amqp_body_size(&frame)
        if size >= 0 { answer.left = Int(size) }
        let part = longhaul_amqp_body(&frame)
        if let start = part.bytes, let left = answer.left {
            answer.body += UnsafeRawBufferPointer(start: start, count: part.len)
            answer.left = left - part.len
        }
        return true
    }

    /// Tells the broker to forget the messages: in one word for all of a channel up to one of them, if none before
    /// it is still at work.
    func acknowledge(_ receipts: [RabbitTransport.Receipt]) throws(LonghaulError) {
        for (channel, tags) in Dictionary(grouping: receipts, by: \.channel).mapValues({ Set($0.map(\.tag)) })
        {
            let open = outstanding[channel] ?? []
            let together = open.prefix { tags.contains($0) }
            if let last = together.last { try acknowledge(channel, last, multiple: true) }
            for tag in open.dropFirst(together.count) where tags.contains(tag) {
                try acknowledge(channel, tag, multiple: false)
            }
            outstanding[channel] = open.filter { !tags.contains($0) }
        }
    }

    private func acknowledge(
        _ channel: amqp_channel_t, _ tag: UInt64, multiple: Bool
    ) throws(LonghaulError) {
        try connection.good(
            amqp_basic_ack(connection.handle, channel, tag, multiple ? 1 : 0), "acknowledging")
    }

    /// Puts the messages back where they were.
    func giveBack(_ receipts: [RabbitTransport.Receipt]) throws(LonghaulError) {
        for receipt in receipts {
            try connection.good(
                amqp_basic_nack(connection.handle, receipt.channel, receipt.tag, 0, 1), "giving work back")
            outstanding[receipt.channel]?.removeAll { $0 == receipt.tag }
        }
    }
}
