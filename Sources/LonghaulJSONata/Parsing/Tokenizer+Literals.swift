extension Tokenizer {
    private static let escapes: [UInt16: UInt16] = [
        0x22: 0x22, 0x5C: 0x5C, 0x2F: 0x2F, 0x62: 8, 0x66: 12, 0x6E: 10, 0x72: 13, 0x74: 9,
    ]

    /// Reads a string literal.
    mutating func string(quote: UInt16) throws(Failure) -> Token {
        position += 1
        var units: [UInt16] = []
        while let unit = unit(at: position) {
            if unit == quote {
                position += 1
                return Token(kind: .string, value: .string(Text(units)), position: position)
            }
            units.append(unit == 0x5C ? try escape() : unit)
            position += 1
        }
        throw Failure("S0101", position: position)
    }

    private mutating func escape() throws(Failure) -> UInt16 {
        position += 1
        guard let unit = unit(at: position) else {
            throw Failure("S0103", token: .emptyString, position: position)
        }
        if let plain = Tokenizer.escapes[unit] { return plain }
        guard unit == 0x75 else {
            throw Failure("S0103", token: .string(Text([unit])), position: position)
        }
        let digits = String(decoding: source[(position + 1)...].prefix(4), as: UTF16.self)
        guard !digits.isEmpty, digits.allSatisfy({ $0.isASCII && $0.isHexDigit }),
            let code = UInt16(digits, radix: 16)
        else { throw Failure("S0104", position: position) }
        position += 4
        return code
    }

    /// Reads a number, if there is one.
    mutating func number() throws(Failure) -> Token? {
        let start = position
        var index = start
        func isDigit(_ index: Int) -> Bool { unit(at: index).map { (48...57).contains($0) } ?? false }
        guard isDigit(index) else { return nil }
        index += 1
        if source[start] != 48 { while isDigit(index) { index += 1 } }
        if unit(at: index) == 0x2E, isDigit(index + 1) {
            index += 1
            while isDigit(index) { index += 1 }
        }
        if let unit = unit(at: index), unit | 0x20 == 0x65 {
            var power = index + 1
            if let sign = self.unit(at: power), sign == 0x2B || sign == 0x2D { power += 1 }
            if isDigit(power) {
                while isDigit(power) { power += 1 }
                index = power
            }
        }
        let text = Text(source[start..<index])
        guard let number = Double(text.string), number.isFinite else {
            throw Failure("S0102", token: .string(text), position: start)
        }
        position = index
        return Token(kind: .number, value: .number(number), position: position)
    }

    /// Reads a regular expression with its flags.
    mutating func regex() throws(Failure) -> Token {
        position += 1
        let start = position
        var depth = 0
        while let unit = unit(at: position) {
            if unit == slash, depth == 0, !isEscaped(position) {
                let source = Text(self.source[start..<position])
                if source.isEmpty { throw Failure("S0301", position: position) }
                position += 1
                let pattern = try regexFlags(source)
                return Token(
                    kind: .regex, value: .string(source), position: position, pattern: pattern)
            }
            let isEscapedBracket = position > 0 && self.source[position - 1] == 0x5C
            if !isEscapedBracket, unit == 0x28 || unit == 0x5B || unit == 0x7B { depth += 1 }
            if !isEscapedBracket, unit == 0x29 || unit == 0x5D || unit == 0x7D { depth -= 1 }
            position += 1
        }
        throw Failure("S0302", position: position)
    }

    private func isEscaped(_ index: Int) -> Bool {
        var backslashes = 0
        while index - backslashes > 0, source[index - backslashes - 1] == 0x5C { backslashes += 1 }
        return backslashes % 2 == 1
    }

    private mutating func regexFlags(_ source: Text) throws(Failure) -> Pattern {
        var isCaseless = false
        var isMultiline = false
        while let unit = unit(at: position), unit == 0x69 || unit == 0x6D {
            if unit == 0x69 { isCaseless = true } else { isMultiline = true }
            position += 1
        }
        do {
            return try Pattern(source, isCaseless: isCaseless, isMultiline: isMultiline)
        } catch {
            throw Failure("S0303", position: position, value: .string(Text(error.message)))
        }
    }
}
