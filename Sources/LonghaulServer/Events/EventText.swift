import LonghaulCore
import LonghaulEngine
import LonghaulHTTP
import LonghaulJSON

/// Changes as server-sent events.
enum EventText {
    /// The maximum number of bytes sent at once.
    private static let pieceBytes = 8192

    /// One change.
    static func event(_ change: JobChange, id: String?) -> String {
        var writer = JSONWriter()
        change.write(to: &writer)
        return ServerSentEvents.text(
            id: id, event: change.isProgress ? "progress" : "state",
            data: String(decoding: writer.bytes, as: UTF8.self))
    }

    /// The event after which a client must read again what it shows.
    static func resync(at number: UInt64, epoch: UInt64) -> String {
        ServerSentEvents.text(
            id: id(number, epoch), event: "resync",
            data: #"{"reason":"changes are missing; read again what you show"}"#)
    }

    /// The changes of a batch with numbers above `after`, of one queue or of all, that a grant covers, in pieces. The bytes
    /// are shared by all streams.
    static func pieces(
        of batch: FeedBatch, after: UInt64, queue: String?, grant: KeyGrant = .everything, epoch: UInt64
    ) -> [[UInt8]] {
        let encoding = batch.encoded { encode($0, epoch: epoch) }
        if queue == nil, !grant.isLimited, after < batch.firstNumber { return encoding.pieces }
        let wanted = batch.changes.indices.filter { index in
            let change = batch.changes[index]
            return batch.firstNumber + UInt64(index) > after && (queue == nil || change.queue == queue)
                && grant.covers(queue: change.queue) && grant.covers(kind: change.kind)
        }
        return join(wanted.map { encoding.events[$0] })
    }

    private static func encode(_ batch: FeedBatch, epoch: UInt64) -> FeedBatch.Encoding {
        let events = batch.changes.enumerated().map { index, change in
            Array(event(change, id: id(batch.firstNumber + UInt64(index), epoch)).utf8)
        }
        return FeedBatch.Encoding(events: events, pieces: join(events))
    }

    private static func join(_ events: [[UInt8]]) -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        for event in events {
            if let last = pieces.last, last.count + event.count <= pieceBytes {
                pieces[pieces.count - 1] += event
            } else {
                pieces.append(event)
            }
        }
        return pieces
    }

    private static func id(_ number: UInt64, _ epoch: UInt64) -> String {
        String(epoch, radix: 16) + "-\(number)"
    }
}
