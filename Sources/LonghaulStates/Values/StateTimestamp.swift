/// A moment of a timestamp in the form of ISO 8601 that AWS accepts: `2016-03-14T01:59:00Z`.
public struct StateTimestamp: Sendable, Hashable, Comparable {
    /// Seconds since 1970.
    public let seconds: Int64
    /// Nanoseconds after the second.
    public let nanoseconds: Int

    /// Reads a date, `T`, a time with or without seconds and their fraction, and `Z` or an offset. Nil for other texts.
    public init?(_ text: String) {
        var reader = Reader(bytes: Array(text.utf8))
        guard let date = reader.date(), reader.take("T") || reader.take("t"), let time = reader.time(),
            let offset = reader.offset(), reader.isAtEnd
        else { return nil }
        seconds = date * 86_400 + time.seconds - offset
        nanoseconds = time.nanoseconds
    }

    /// Orders by time.
    public static func < (left: StateTimestamp, right: StateTimestamp) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }

    private struct Reader {
        let bytes: [UInt8]
        var index = 0

        var isAtEnd: Bool { index == bytes.count }

        mutating func take(_ scalar: Unicode.Scalar) -> Bool {
            guard index < bytes.count, bytes[index] == UInt8(ascii: scalar) else { return false }
            index += 1
            return true
        }

        /// A number of exactly `count` digits in a range.
        mutating func number(_ count: Int, _ range: ClosedRange<Int64>) -> Int64? {
            guard index + count <= bytes.count else { return nil }
            var value: Int64 = 0
            for byte in bytes[index..<index + count] {
                guard (0x30...0x39).contains(byte) else { return nil }
                value = value * 10 + Int64(byte - 0x30)
            }
            index += count
            return range.contains(value) ? value : nil
        }

        /// Days since 1970.
        mutating func date() -> Int64? {
            guard let year = number(4, 0...9999), take("-"), let month = number(2, 1...12), take("-"),
                let day = number(2, 1...31), day <= Reader.days(of: month, in: year)
            else { return nil }
            let shifted = month <= 2 ? year - 1 : year
            let era = (shifted >= 0 ? shifted : shifted - 399) / 400
            let yearOfEra = shifted - era * 400
            let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
            let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
            return era * 146_097 + dayOfEra - 719_468
        }

        private static func days(of month: Int64, in year: Int64) -> Int64 {
            switch month {
            case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
            case 4, 6, 9, 11: 30
            default: 31
            }
        }

        mutating func time() -> (seconds: Int64, nanoseconds: Int)? {
            guard let hour = number(2, 0...23), take(":"), let minute = number(2, 0...59) else { return nil }
            var total = hour * 3600 + minute * 60
            guard take(":") else { return (total, 0) }
            guard let second = number(2, 0...59) else { return nil }
            total += second
            guard take(".") else { return (total, 0) }
            let digits = bytes[index...].prefix { (0x30...0x39).contains($0) }
            guard (1...9).contains(digits.count) else { return nil }
            index += digits.count
            var nanoseconds = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
            for _ in digits.count..<9 { nanoseconds *= 10 }
            return (total, nanoseconds)
        }

        /// Seconds east of Greenwich.
        mutating func offset() -> Int64? {
            if take("Z") || take("z") { return 0 }
            let isWest = take("-")
            guard isWest || take("+"), let hours = number(2, 0...18), take(":"),
                let minutes = number(2, 0...59)
            else { return nil }
            let total = hours * 3600 + minutes * 60
            return isWest ? -total : total
        }
    }
}
