import LonghaulBroker
import LonghaulCore

/// One queue of SQS: the IDs of one queue of Longhaul in one band of priorities.
struct SQSPlace: Sendable, Hashable {
    var queue: String
    var band: Lane.Band
}

/// The names of the queues in SQS: `PREFIX-QUEUE-BAND`.
struct SQSNames: Sendable {
    let prefix: String

    private static let maxBytes = 80

    /// Whether SQS allows a byte in the name of a queue.
    static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    /// The name of a place. If the name of the queue has a dot or is too long, it is changed, and a digest is appended.
    func name(_ place: SQSPlace) -> String {
        let room = Self.maxBytes - prefix.utf8.count - "--middle".utf8.count
        var name = place.queue
        if name.utf8.count > room || !name.utf8.allSatisfy(Self.isAllowed) {
            let digest = SHA256.hexadecimal(SHA256.digest(Array(name.utf8))).prefix(16)
            let bytes = name.utf8.prefix(room - 17).map { Self.isAllowed($0) ? $0 : UInt8(ascii: "-") }
            name = String(decoding: bytes, as: UTF8.self) + "-" + digest
        }
        return "\(prefix)-\(name)-\(place.band)"
    }

    /// The queue of messages that contain no ID. No place has this name, because each ends with its band.
    var unreadable: String { prefix + "-unreadable" }
}
