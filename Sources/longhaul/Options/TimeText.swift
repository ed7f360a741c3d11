/// Times as people write them: `90s`, `10m`, `2h`, `7d`, or a number of seconds.
enum TimeText {
    private static let units: [(name: String, seconds: Double)] = [
        ("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("d", 86_400),
    ]

    /// The number of seconds; nil if the text is not a time.
    static func seconds(of text: String) -> Double? {
        let unit = units.first { text.hasSuffix($0.name) }
        let number = text.dropLast(unit?.name.count ?? 0)
        // Foundation's other forms of numbers, such as inf or 0x1, are no times.
        guard number.first?.isASCII ?? false, number.utf8.allSatisfy({ "0123456789.eE+-".utf8.contains($0) }),
            let value = Double(number)
        else { return nil }
        return value * (unit?.seconds ?? 1)
    }

    /// A time in the largest unit in which it is a whole number.
    static func text(_ seconds: Double) -> String {
        let unit = units.last { seconds >= $0.seconds && seconds.remainder(dividingBy: $0.seconds) == 0 }
        guard let unit, let number = Int64(exactly: (seconds / unit.seconds).rounded()) else {
            return Int64(exactly: seconds).map { "\($0)s" } ?? "\(seconds)s"
        }
        return "\(number)\(unit.name)"
    }
}
