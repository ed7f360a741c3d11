/// A picture for whole numbers, as XPath's `format-integer` reads it.
struct IntegerPicture {
    /// How the digits are written.
    enum Form: Equatable {
        case decimal
        case letters
        case roman
        case words
        /// A numbering sequence, which is not supported.
        case sequence(Text)
    }

    /// Upper, lower or title case.
    enum Case {
        case upper
        case lower
        case title
    }

    /// A separator and how many digits stand to its right.
    struct Separator {
        let position: Int
        let character: Text
    }

    var form = Form.decimal
    var letterCase = Case.lower
    var isOrdinal = false
    /// The code point of the digit zero.
    var zero: UInt32 = 0x30
    var mandatoryDigits = 0
    var optionalDigits = 0
    /// Separators at regular distances; nil if there are none or if they are irregular.
    var regularSeparator: Separator?
    /// Separators at irregular distances, the rightmost first.
    var separators: [Separator] = []
    /// The exact number of digits to parse, if the next component follows at once.
    var parseWidth: Int?

    private static let zeros: [UInt32] = [
        0x30, 0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66,
        0x0DE6, 0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90,
        0x1B50,
        0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10,
    ]

    private static let maxLength = 1000

    /// Parses a picture.
    ///
    /// - Throws: D3131 if it mixes digits of several scripts.
    init(_ picture: Text, _ budget: Budget) throws(Failure) {
        guard picture.count <= IntegerPicture.maxLength else {
            throw Failure.limit("The picture is longer than \(IntegerPicture.maxLength) characters")
        }
        // Finding the interval of separators takes quadratic time.
        try budget.steps(picture.count)
        var primary = picture
        if let semicolon = picture.units.lastIndex(of: 0x3B) {
            primary = picture.slice(0, semicolon)
            isOrdinal = picture.slice(semicolon + 1, semicolon + 2) == "o"
        }
        switch primary.string {
        case "A": (form, letterCase) = (.letters, .upper)
        case "a": form = .letters
        case "I": (form, letterCase) = (.roman, .upper)
        case "i": form = .roman
        case "W": (form, letterCase) = (.words, .upper)
        case "Ww": (form, letterCase) = (.words, .title)
        case "w": form = .words
        default: try parseDigits(primary)
        }
    }

    private mutating func parseDigits(_ primary: Text) throws(Failure) {
        var position = 0
        var script: UInt32?
        for scalar in primary.string.unicodeScalars.reversed() {
            let code = scalar.value
            if let zero = IntegerPicture.zeros.first(where: { code >= $0 && code <= $0 + 9 }) {
                mandatoryDigits += 1
                position += 1
                if let script, script != zero { throw Failure("D3131") }
                script = zero
            } else if scalar == "#" {
                position += 1
                optionalDigits += 1
            } else {
                separators.append(Separator(position: position, character: Text(String(scalar))))
            }
        }
        guard let script else {
            form = .sequence(primary)
            return
        }
        zero = script
        guard let first = separators.first, separators.allSatisfy({ $0.character == first.character }) else {
            return
        }
        let interval = NumberLayout.Grouping.interval(of: separators.map(\.position))
        if interval > 0 {
            regularSeparator = Separator(position: interval, character: first.character)
            separators = []
        }
    }
}

/// Writes whole numbers by a picture.
enum IntegerFormatter {
    /// Formats a whole number.
    ///
    /// - Throws: D3001 for NaN and infinity, D3130 for numbering sequences.
    static func format(_ number: Double, _ picture: IntegerPicture, _ budget: Budget) throws(Failure) -> Text
    {
        guard number.isFinite else { throw Failure("D3001", value: .number(number)) }
        try budget.steps(1 + picture.mandatoryDigits / 64 + picture.separators.count)
        let magnitude = number.magnitude
        var text: Text
        switch picture.form {
        case .letters: text = Text(letters(magnitude, isUpper: picture.letterCase == .upper))
        case .roman:
            let roman = try roman(magnitude, budget)
            text = Text(picture.letterCase == .upper ? roman.uppercased() : roman)
        case .words:
            let words = try NumberWords.words(magnitude, isOrdinal: picture.isOrdinal, budget)
            switch picture.letterCase {
            case .upper: text = Text(words.uppercased())
            case .lower: text = Text(words.lowercased())
            case .title: text = Text(words)
            }
        case .decimal: text = decimal(magnitude, picture)
        case .sequence(let token): throw Failure("D3130", value: .string(token))
        }
        return number < 0 ? "-" + text : text
    }

    private static func letters(_ number: Double, isUpper: Bool) -> String {
        var letters: [Character] = []
        var rest = number
        let first: UInt8 = isUpper ? 65 : 97
        while rest > 0 {
            let index = (rest - 1).truncatingRemainder(dividingBy: 26)
            letters.append(Character(UnicodeScalar(first + UInt8(index))))
            rest = ((rest - 1) / 26).rounded(.down)
        }
        return String(letters.reversed())
    }

    private static let numerals: [(Double, String)] = [
        (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"),
        (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
    ]

    private static func roman(_ number: Double, _ budget: Budget) throws(Failure) -> String {
        try budget.allocateString(Int(min(number / 1000, 1e15)) + 16)
        var result = ""
        var rest = number
        for (value, numeral) in numerals {
            while rest >= value {
                result += numeral
                rest -= value
            }
        }
        return result
    }

    private static func decimal(_ number: Double, _ picture: IntegerPicture) -> Text {
        var text = NumberText.shortest(number)
        let missing = picture.mandatoryDigits - text.utf8.count
        if missing > 0 { text = String(repeating: "0", count: missing) + text }
        var units: [UInt16] = []
        for unit in text.utf16 {
            let isDigit = (0x30...0x39).contains(unit)
            units.append(isDigit ? UInt16(truncatingIfNeeded: UInt32(unit) - 0x30 + picture.zero) : unit)
        }
        var result = Text(units)
        func insert(_ separator: Text, _ position: Int) {
            result = result.slice(0, position) + separator + result.slice(max(0, position), result.count)
        }
        if let separator = picture.regularSeparator {
            let count = (result.count - 1) / separator.position
            for group in stride(from: count, to: 0, by: -1) {
                insert(separator.character, result.count - group * separator.position)
            }
        } else {
            for separator in picture.separators.reversed() {
                insert(separator.character, result.count - separator.position)
            }
        }
        if picture.isOrdinal { result = result + ordinalSuffix(result) }
        return result
    }

    private static func ordinalSuffix(_ text: Text) -> Text {
        let isTeen = text.count > 1 && text.units[text.count - 2] == 0x31
        guard !isTeen else { return "th" }
        switch text.units.last {
        case 0x31: return "st"
        case 0x32: return "nd"
        case 0x33: return "rd"
        default: return "th"
        }
    }
}
