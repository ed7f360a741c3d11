import LonghaulPlatform

extension Timestamp {
    /// Parses RFC 3339: a date, `T`, a time with or without fractions of a second, and `Z` or an offset.
    ///
    /// Stricter than Foundation's parser: it rejects 30 February and the hour 25. Drops digits beyond the millisecond,
    /// and treats a leap second as the second before it.
    ///
    /// Nil for any other text, and outside the years 1970 to 9999.
    public init?(rfc3339 text: String) {
        var scanner = TimeScanner(Array(text.utf8))
        guard let year = scanner.number(4, in: 1970...9999), scanner.skip("-"),
            let month = scanner.number(2, in: 1...12), scanner.skip("-"),
            let day = scanner.number(2, in: 1...Self.days(in: month, of: year)), scanner.skip("T", or: "t"),
            let hour = scanner.number(2, in: 0...23), scanner.skip(":"),
            let minute = scanner.number(2, in: 0...59), scanner.skip(":"),
            let second = scanner.number(2, in: 0...60),
            let fraction = scanner.milliseconds(), let offset = scanner.offsetMinutes(), scanner.isAtEnd
        else { return nil }
        var fields = tm()
        fields.tm_year = Int32(year - 1900)
        fields.tm_mon = Int32(month - 1)
        fields.tm_mday = Int32(day)
        fields.tm_hour = Int32(hour)
        fields.tm_min = Int32(minute - offset)
        fields.tm_sec = Int32(min(second, 59))
        let value = Int64(timegm(&fields)) * 1000 + fraction
        guard value >= 0, value <= Self.distantFuture.milliseconds else { return nil }
        self.init(milliseconds: value)
    }

    private static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }
}

/// Parses the parts of a time.
private struct TimeScanner {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { position == bytes.count }

    /// Skips one of two characters.
    mutating func skip(_ character: Unicode.Scalar, or other: Unicode.Scalar? = nil) -> Bool {
        guard position < bytes.count else { return false }
        let present = Unicode.Scalar(bytes[position])
        guard present == character || present == other else { return false }
        position += 1
        return true
    }

    private mutating func digit() -> Int? {
        guard position < bytes.count, (48...57).contains(bytes[position]) else { return nil }
        defer { position += 1 }
        return Int(bytes[position]) - 48
    }

    /// A number of exactly `digits` digits.
    mutating func number(_ digits: Int, in range: ClosedRange<Int>) -> Int? {
        var value = 0
        for _ in 0..<digits {
            guard let digit = digit() else { return nil }
            value = value * 10 + digit
        }
        return range.contains(value) ? value : nil
    }

    /// The fraction of a second in whole milliseconds; 0 without a fraction, nil for a point without digits.
    mutating func milliseconds() -> Int64? {
        guard skip(".") else { return 0 }
        var value: Int64 = 0
        var weight: Int64 = 100
        guard var next = digit() else { return nil }
        while true {
            value += Int64(next) * weight
            weight /= 10
            guard let digit = digit() else { return value }
            next = digit
        }
    }

    /// The offset of the local time from UTC, in minutes.
    mutating func offsetMinutes() -> Int? {
        if skip("Z", or: "z") { return 0 }
        let isAhead = skip("+")
        guard isAhead || skip("-"), let hours = number(2, in: 0...23), skip(":"),
            let minutes = number(2, in: 0...59)
        else { return nil }
        return (isAhead ? 1 : -1) * (hours * 60 + minutes)
    }
}
