/// The values of one field of a cron expression, at most 64.
struct CronField: Sendable, Hashable {
    /// One bit for each value.
    private(set) var bits: UInt64 = 0
    /// Whether the field begins with `*`. Such a day field restricts the other day field.
    let isOpen: Bool

    func contains(_ value: Int) -> Bool { bits & (1 << UInt64(value)) != 0 }

    /// The first value at or after a given one; nil if there is none.
    func first(from value: Int) -> Int? {
        guard value < 64 else { return nil }
        let rest = bits & (UInt64.max << UInt64(value))
        return rest == 0 ? nil : rest.trailingZeroBitCount
    }

    /// Whether the field has all values of a range.
    func covers(_ range: ClosedRange<Int>) -> Bool { range.allSatisfy(contains) }
}

extension CronField {
    /// The name of a field, its range, and its words.
    struct Kind: Sendable {
        let name: String
        let range: ClosedRange<Int>
        var words: [String] = []

        static let minute = Kind(name: "minute", range: 0...59)
        static let hour = Kind(name: "hour", range: 0...23)
        static let day = Kind(name: "day of month", range: 1...31)
        static let month = Kind(
            name: "month", range: 1...12,
            words: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"])
        /// 0 and 7 are both Sunday.
        static let weekday = Kind(
            name: "day of week", range: 0...7, words: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"])

        /// The last value without an alias.
        var last: Int { self.name == Kind.weekday.name ? 6 : range.upperBound }
    }

    /// Parses a field: `*`, values and ranges, each with or without a step, separated by commas.
    ///
    /// - Parameter position: the position of the field in the expression, counted from 1.
    init(_ text: Substring, _ kind: Kind, at position: Int) throws(CronError) {
        isOpen = text.hasPrefix("*")
        var place = position
        for item in text.split(separator: ",", omittingEmptySubsequences: false) {
            try add(item, kind, at: place)
            place += item.count + 1
        }
    }

    private mutating func add(_ item: Substring, _ kind: Kind, at place: Int) throws(CronError) {
        func fault(_ message: String) -> CronError {
            CronError("\(kind.name), character \(place): \(message)")
        }
        let parts = item.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let base = parts.first ?? ""
        if base.isEmpty { throw fault("a value is missing") }
        var range = kind.range.lowerBound...kind.last
        if base != "*" {
            let ends = base.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
            var values: [Int] = []
            for end in ends { values.append(try Self.value(end, kind, fault)) }
            let first = values[0]
            // A step after a single value continues to the last value.
            var last = values.count == 2 ? values[1] : parts.count == 2 ? kind.last : first
            // A range of days that ends on Sunday.
            if kind.last < kind.range.upperBound, last == 0, values.count == 2, first > 0 { last = 7 }
            guard first <= last else { throw fault("the range \(base) is reversed") }
            range = first...last
        }
        var step = 1
        if parts.count == 2 {
            guard let number = Int(parts[1]), (1...kind.range.upperBound).contains(number) else {
                throw fault("the step \"\(parts[1])\" is not from 1 to \(kind.range.upperBound)")
            }
            step = number
        }
        for value in stride(from: range.lowerBound, through: range.upperBound, by: step) {
            bits |= 1 << UInt64(value > kind.last ? 0 : value)
        }
    }

    private static func value(
        _ text: Substring, _ kind: Kind, _ fault: (String) -> CronError
    ) throws(CronError) -> Int {
        if let word = kind.words.firstIndex(of: text.uppercased()) {
            return word + kind.range.lowerBound
        }
        guard let number = Int(text), kind.range.contains(number), text.allSatisfy(\.isNumber) else {
            let words =
                kind.words.isEmpty ? "" : ", nor \(kind.words[0]) to \(kind.words[kind.words.count - 1])"
            throw fault(
                "\"\(text)\" is not from \(kind.range.lowerBound) to \(kind.range.upperBound)\(words)")
        }
        return number
    }
}

/// An error in a cron expression, with its place.
public struct CronError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The field, the place and the error.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
