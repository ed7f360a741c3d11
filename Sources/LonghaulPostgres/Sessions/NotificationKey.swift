import LonghaulCore

/// Signs notifications, so that a role that may not write to the store's tables cannot make changes up: every role of
/// a database may `NOTIFY` on any channel.
///
/// The code is NMAC over SHA-256: two keys, each of one block of the hash. The keys lie in a table that only its owner
/// may read.
struct NotificationKey: Sendable {
    private static let query = Query("SELECT inner_key, outer_key FROM longhaul.notification_key")
    private static let digits = 32

    private let inner: [UInt8]
    private let outer: [UInt8]

    /// Reads the store's keys.
    init(_ connection: Connection) throws {
        guard var row = try connection.run(Request(Self.query)).first else {
            throw PostgresError.corrupt("the store has no key for notifications")
        }
        inner = row.bytes()
        outer = row.bytes()
    }

    /// Keys for tests.
    init(inner: [UInt8], outer: [UInt8]) {
        self.inner = inner
        self.outer = outer
    }

    /// The text of a notification: sender, code, body.
    func signed(_ body: String, from sender: Int64) -> String {
        "\(sender) \(code("\(sender) \(body)")) \(body)"
    }

    /// A notification that was signed with this key.
    struct Verified {
        let sender: Int64
        /// Tells one notification from another.
        let code: Substring
        let body: Substring
    }

    /// Reads a notification; nil if it was not signed with this key.
    func verified(_ text: String) -> Verified? {
        let parts = text.split(separator: " ", maxSplits: 2)
        guard parts.count == 3, let sender = Int64(parts[0]) else { return nil }
        let expected = code("\(sender) \(parts[2])")
        guard ConstantTime.equal(Array(expected.utf8), Array(parts[1].utf8)) else { return nil }
        return Verified(sender: sender, code: parts[1], body: parts[2])
    }

    private func code(_ text: String) -> String {
        let first = SHA256()
        first.update(inner)
        first.update(Array(text.utf8))
        let second = SHA256()
        second.update(outer)
        second.update(first.finish())
        return String(SHA256.hexadecimal(second.finish()).prefix(Self.digits))
    }
}

/// The codes of the latest notifications, so that one that is sent again by another role is not heard twice.
struct HeardCodes {
    private let capacity: Int

    private var codes: Set<UInt64> = []
    private var order: [UInt64] = []
    private var oldest = 0

    /// - Parameter capacity: how many codes are remembered.
    init(capacity: Int = 50_000) {
        self.capacity = capacity
    }

    /// Notes a code; false if it was there.
    mutating func insert(_ code: Substring) -> Bool {
        guard let short = UInt64(code.prefix(16), radix: 16), codes.insert(short).inserted else {
            return false
        }
        if order.count < capacity {
            order.append(short)
        } else {
            codes.remove(order[oldest])
            order[oldest] = short
            oldest = (oldest + 1) % capacity
        }
        return true
    }
}
