import Foundation

/// Reads whole numbers by a picture.
enum IntegerParser {
    private static let maxLength = 10_000

    /// The number that a text means; nil if it is none.
    ///
    /// - Throws: D3130 for numbering sequences, U1001 for a text that is too long.
    static func parse(_ text: Text, _ picture: IntegerPicture, _ budget: Budget) throws(Failure) -> Double? {
        guard text.count <= maxLength else {
            throw Failure.limit("The text to parse is longer than \(maxLength) characters")
        }
        try budget.steps(1 + text.count / 8 * (1 + picture.separators.count / 8))
        let result: Double
        switch picture.form {
        case .letters: result = letters(text, isUpper: picture.letterCase == .upper)
        case .roman: result = roman(picture.letterCase == .upper ? text : text.uppercased)
        case .words: result = NumberWords.number(text.lowercased.string)
        case .decimal: result = decimal(text, picture)
        case .sequence(let token): throw Failure("D3130", value: .string(token))
        }
        return result
    }

    private static func letters(_ text: Text, isUpper: Bool) -> Double {
        let first: Double = isUpper ? 64 : 96
        return text.units.reduce(0) { $0 * 26 + Double($1) - first }
    }

    private static let numerals: [UInt16: Double] = [
        0x4D: 1000, 0x44: 500, 0x43: 100, 0x4C: 50, 0x58: 10, 0x56: 5, 0x49: 1,
    ]

    private static func roman(_ text: Text) -> Double {
        var result = 0.0
        var most = 1.0
        for unit in text.units.reversed() {
            guard let value = numerals[unit] else { return .nan }
            if value < most {
                result -= value
            } else {
                most = value
                result += value
            }
        }
        return result
    }

    private static func decimal(_ text: Text, _ picture: IntegerPicture) -> Double {
        var digits = text
        if picture.isOrdinal { digits = digits.slice(0, max(0, digits.count - 2)) }
        if picture.regularSeparator != nil {
            digits = Text(digits.units.filter { $0 != 0x2C })
        } else {
            for separator in picture.separators {
                digits = Text(digits.split(by: separator.character).flatMap(\.units))
            }
        }
        let zero = UInt16(truncatingIfNeeded: picture.zero)
        return leadingInteger(digits.units.map { $0 &- zero &+ 0x30 })
    }

    /// The whole number at the beginning of a text, as JavaScript's `parseInt` reads it; NaN if there is none.
    static func leadingInteger(_ units: [UInt16]) -> Double {
        var rest = units[...].drop { $0 == 32 || (9...13).contains($0) }
        var sign = ""
        if let first = rest.first, first == 0x2B || first == 0x2D {
            if first == 0x2D { sign = "-" }
            rest = rest.dropFirst()
        }
        let digits = rest.prefix { (48...57).contains($0) }
        guard !digits.isEmpty else { return .nan }
        return Double(sign + String(decoding: digits, as: UTF16.self)) ?? .nan
    }
}
