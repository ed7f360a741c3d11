/// Reads timestamps of ISO 8601.
enum ISODate {
    /// The form that a timestamp must have; the values are checked apart from it.
    private static let form: Pattern? = try? Pattern(
        "^\\d{4}(-[01]\\d)?(-[0-3]\\d)?(T[0-2]\\d:[0-5]\\d:[0-5]\\d)?(\\.\\d+)?([+-][0-2]\\d:?[0-5]\\d|Z)?$")

    /// Milliseconds since 1970; nil for a text of another form, NaN for a date that does not exist.
    ///
    /// A timestamp without a timezone is in UTC.
    static func milliseconds(_ text: Text, _ budget: Budget) throws(Failure) -> Double? {
        guard let match = try form?.firstMatch(in: text, from: 0, budget) else { return nil }
        func number(_ start: Int, _ length: Int) -> Int {
            text.slice(start, start + length).units.reduce(0) { $0 * 10 + Int($1) - 48 }
        }
        let groups = match.groups
        let year = number(0, 4)
        let month = groups[0].map { number($0.lowerBound + 1, 2) } ?? 1
        let day = groups[1].map { number($0.lowerBound + 1, 2) } ?? 1
        // Days beyond the end of a month carry over, up to 31.
        guard (1...12).contains(month), (1...31).contains(day) else { return .nan }
        var time = 0.0
        if let range = groups[2] {
            let (hour, minute) = (number(range.lowerBound + 1, 2), number(range.lowerBound + 4, 2))
            let second = number(range.lowerBound + 7, 2)
            guard hour < 24 || (hour == 24 && minute == 0 && second == 0) else { return .nan }
            time = Double((hour * 60 + minute) * 60 + second) * 1000
        }
        if let range = groups[3] {
            guard groups[2] != nil else { return .nan }
            let digits = text.slice(range.lowerBound + 1, min(range.upperBound, range.lowerBound + 4)).string
            time += Double(Int(digits.padding(3)) ?? 0)
        }
        if let range = groups[4], text.units[range.lowerBound] != 0x5A {
            let minutes = number(range.lowerBound + 1, 2) * 60 + number(range.upperBound - 2, 2)
            time -= Double(minutes) * (text.units[range.lowerBound] == 0x2D ? -60_000 : 60_000)
        }
        return Double(CivilDate.days(year, month, day)) * CivilDate.millisecondsPerDay + time
    }
}

extension String {
    /// The string filled up with zeros on the right.
    fileprivate func padding(_ count: Int) -> String {
        self + String(repeating: "0", count: Swift.max(0, count - utf8.count))
    }
}
