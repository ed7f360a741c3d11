import LonghaulBroker
import LonghaulCore

/// The names of topics: `PREFIX.QUEUE.BAND`.
struct KafkaTopics {
    let prefix: String

    /// Whether Kafka allows a byte in the name of a topic.
    static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    /// The topic of a queue and a band. Kafka allows 249 characters. The name of a queue that is too long, or has other
    /// characters, is cut and has a digest appended.
    func name(_ queue: String, _ band: Lane.Band) -> String {
        var name = queue
        if queue.utf8.count > 120 || !queue.utf8.allSatisfy(Self.isAllowed) {
            let bytes = queue.utf8.prefix(50).map { Self.isAllowed($0) ? $0 : UInt8(ascii: "-") }
            name =
                String(decoding: bytes, as: UTF8.self) + "-"
                + SHA256.hexadecimal(SHA256.digest(Array(queue.utf8)))
        }
        return "\(prefix).\(name).\(band)"
    }

    /// The topics of a queue.
    func names(_ queue: String) -> [String] { Lane.Band.allCases.map { name(queue, $0) } }
}
