/// A number of state data: an integer of any size, or a double.
///
/// A text with a point or an exponent is a double, as on AWS: `1.0` stays `1.0`, and `1e10` becomes `1.0E10`.
public enum StateNumber: Sendable {
    /// An integer that fits 64 bits.
    case integer(Int64)
    /// An integer of more than 64 bits, or a number beyond the range of doubles, as it was written.
    case large(String)
    /// A number with a fraction or an exponent.
    case decimal(Double)

    /// Reads the text of a valid JSON number.
    public init(parsing text: String) {
        if text.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2D }) {
            self = Int64(text).map { .integer($0) } ?? .large(text)
        } else {
            self = Double(text).flatMap { $0.isFinite ? .decimal($0) : nil } ?? .large(text)
        }
    }

    /// The nearest double.
    public var double: Double {
        switch self {
        case .integer(let value): Double(value)
        case .large(let digits): Double(digits) ?? .infinity
        case .decimal(let value): value
        }
    }

    /// The number as a 64-bit integer; nil if it has a fraction or does not fit.
    public var int64: Int64? {
        switch self {
        case .integer(let value): value
        case .large: nil
        case .decimal(let value): Int64(exactly: value)
        }
    }

    /// Whether the number was written without a point and an exponent.
    public var isInteger: Bool {
        if case .decimal = self { return false }
        return true
    }

    /// The number as AWS writes it: doubles as Java does, from 10^-3 to below 10^7 plain (`1.0`), others with an
    /// exponent (`1.0E10`).
    public var text: String {
        switch self {
        case .integer(let value): String(value)
        case .large(let digits): digits
        case .decimal(let value): StateNumber.text(of: value)
        }
    }

    private static func text(of value: Double) -> String {
        guard value.isFinite else { return "null" }
        if value == 0 { return value.sign == .minus ? "-0.0" : "0.0" }
        let (digits, exponent) = shortestDigits(value.magnitude)
        let sign = value < 0 ? "-" : ""
        if (-2...7).contains(exponent) { return sign + plain(digits, exponent) }
        let fraction = digits.count > 1 ? digits.dropFirst() : "0"
        return "\(sign)\(digits.prefix(1)).\(fraction)E\(exponent - 1)"
    }

    /// Digits with a point after the first `exponent` of them.
    private static func plain(_ digits: String, _ exponent: Int) -> String {
        if exponent <= 0 { return "0." + String(repeating: "0", count: -exponent) + digits }
        if exponent >= digits.count {
            return digits + String(repeating: "0", count: exponent - digits.count) + ".0"
        }
        return "\(digits.prefix(exponent)).\(digits.dropFirst(exponent))"
    }

    /// The shortest digits that read back as the number, and how many of them stand before the point.
    private static func shortestDigits(_ value: Double) -> (digits: String, exponent: Int) {
        let parts = value.description.split(separator: "e")
        let mantissa = parts[0].split(separator: ".")
        let fraction = mantissa.count > 1 && mantissa[1] != "0" ? mantissa[1] : ""
        let power = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        let all = mantissa[0] + fraction
        let significant = all.drop { $0 == "0" }
        let exponent = mantissa[0].count + power - (all.count - significant.count)
        let trailing = significant.reversed().prefix { $0 == "0" }.count
        return (String(significant.dropLast(trailing)), exponent)
    }
}

extension StateNumber: Hashable, Comparable {
    /// Compares by value: `1` and `1.0` are equal.
    public static func == (left: StateNumber, right: StateNumber) -> Bool {
        switch (left, right) {
        case (.integer(let a), .integer(let b)): a == b
        case (.large(let a), .large(let b)): a == b
        default: left.double == right.double
        }
    }

    /// Orders by value.
    public static func < (left: StateNumber, right: StateNumber) -> Bool {
        if case (.integer(let a), .integer(let b)) = (left, right) { return a < b }
        return left.double < right.double
    }

    /// Hashes the value.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(double)
    }
}
