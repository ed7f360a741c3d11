import CHiredis

/// A reply of Redis.
enum RedisValue: Sendable, Hashable {
    case null
    case text(String)
    case integer(Int)
    case list([RedisValue])
    case error(String)

    /// Copies a reply of hiredis.
    init(_ reply: UnsafePointer<redisReply>) {
        switch reply.pointee.type {
        case REDIS_REPLY_INTEGER: self = .integer(Int(reply.pointee.integer))
        case REDIS_REPLY_STRING, REDIS_REPLY_STATUS: self = .text(Self.text(reply))
        case REDIS_REPLY_ERROR: self = .error(Self.text(reply))
        case REDIS_REPLY_ARRAY:
            self = .list(
                (0..<reply.pointee.elements).map { index in
                    longhaul_redis_element(reply, index).map { RedisValue($0) } ?? .null
                })
        default: self = .null
        }
    }

    private static func text(_ reply: UnsafePointer<redisReply>) -> String {
        guard let start = reply.pointee.str else { return "" }
        let bytes = UnsafeRawBufferPointer(start: start, count: Int(reply.pointee.len))
        return String(decoding: bytes, as: UTF8.self)
    }

    var list: [RedisValue] {
        if case .list(let values) = self { return values }
        return []
    }

    var text: String? {
        if case .text(let text) = self { return text }
        return nil
    }

    var integer: Int? {
        if case .integer(let value) = self { return value }
        return nil
    }

    var error: String? {
        if case .error(let message) = self { return message }
        return nil
    }
}
