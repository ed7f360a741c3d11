/// Splits an expression into tokens.
struct Tokenizer {
    let source: [UInt16]
    var position = 0

    init(_ source: Text) {
        self.source = source.units
    }

    /// The symbols of one character. `!` and `~` are not operators, but end a name.
    private static let singles = Set<UInt16>(".[]{}(),@#;:?+-*/%|=<>^&!~".utf16)

    private static let doubles: Set<[UInt16]> = Set(
        ["..", ":=", "!=", ">=", "<=", "**", "~>", "?:", "??"].map { Array($0.utf16) })

    func unit(at index: Int) -> UInt16? { index < source.count ? source[index] : nil }

    private static func isSpace(_ unit: UInt16) -> Bool {
        unit == 32 || (9...11).contains(unit) || unit == 13
    }

    /// The next token.
    ///
    /// - Parameter isAfterOperand: True where `/` divides, false where it begins a regular expression.
    mutating func next(isAfterOperand: Bool) throws(Failure) -> Token {
        try skipSpaceAndComments()
        guard let unit = unit(at: position) else { return end }
        if unit == slash, !isAfterOperand { return try regex() }
        if let token = symbol(unit) { return token }
        if unit == 0x22 || unit == 0x27 { return try string(quote: unit) }
        if let token = try number() { return token }
        if unit == 0x60 { return try quotedName() }
        return word()
    }

    private var end: Token {
        Token(kind: .end, value: .string("(end)"), position: source.count)
    }

    let slash: UInt16 = 0x2F
    private let star: UInt16 = 0x2A

    private mutating func skipSpaceAndComments() throws(Failure) {
        while let unit = unit(at: position) {
            if Tokenizer.isSpace(unit) {
                position += 1
            } else if unit == slash, self.unit(at: position + 1) == star {
                try skipComment()
            } else {
                return
            }
        }
    }

    private mutating func skipComment() throws(Failure) {
        let start = position
        position += 2
        while !(unit(at: position) == star && unit(at: position + 1) == slash) {
            position += 1
            if position >= source.count { throw Failure("S0106", position: start) }
        }
        position += 2
    }

    private mutating func symbol(_ unit: UInt16) -> Token? {
        if let following = self.unit(at: position + 1), Tokenizer.doubles.contains([unit, following]) {
            position += 2
            return symbolToken([unit, following])
        }
        guard Tokenizer.singles.contains(unit) else { return nil }
        position += 1
        return symbolToken([unit])
    }

    private func symbolToken(_ units: [UInt16]) -> Token {
        let text = Text(units)
        return Token(kind: .symbol, value: .string(text), position: position, symbol: text.string)
    }

    private mutating func word() -> Token {
        let start = position
        while let unit = unit(at: position), !Tokenizer.isSpace(unit), !Tokenizer.singles.contains(unit) {
            position += 1
        }
        if source[start] == 0x24 {
            return Token(
                kind: .variable, value: .string(Text(source[(start + 1)..<position])), position: position)
        }
        let text = Text(source[start..<position])
        switch text.string {
        case "or", "in", "and":
            return Token(kind: .symbol, value: .string(text), position: position, symbol: text.string)
        case "true": return Token(kind: .value, value: .bool(true), position: position)
        case "false": return Token(kind: .value, value: .bool(false), position: position)
        case "null": return Token(kind: .value, value: .null, position: position)
        default: return Token(kind: .name, value: .string(text), position: position)
        }
    }

    private mutating func quotedName() throws(Failure) -> Token {
        position += 1
        guard let close = source[position...].firstIndex(of: 0x60) else {
            position = source.count
            throw Failure("S0105", position: position)
        }
        let text = Text(source[position..<close])
        position = close + 1
        return Token(kind: .name, value: .string(text), position: position)
    }
}
