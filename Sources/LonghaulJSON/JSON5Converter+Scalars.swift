extension JSON5Converter {
    /// The string in single or double quotes that begins here.
    mutating func string() throws(JSONError) -> String {
        let start = at
        let quote = source[at]
        at += 1
        var text = String.UnicodeScalarView()
        while let scalar = next, scalar != quote {
            if scalar == "\n" || scalar == "\r" {
                throw fault("line break in a string", at: at)
            }
            if scalar == "\\" {
                if let escaped = try escape() {
                    text.append(escaped)
                }
            } else {
                text.append(scalar)
                at += 1
            }
        }
        guard next == quote else { throw fault("string without an end", at: start) }
        at += 1
        return String(text)
    }

    /// The escape that begins here; nil for an escaped line break, which stands for nothing.
    private mutating func escape() throws(JSONError) -> Unicode.Scalar? {
        let start = at
        at += 1
        guard let letter = next else { throw fault("string without an end", at: start) }
        at += 1
        switch letter {
        case "b": return "\u{08}"
        case "f": return "\u{0C}"
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "v": return "\u{0B}"
        case "0" where !isDigit(next): return "\0"
        case "0"..."9": throw fault("invalid escape", at: start)
        case "x": return Unicode.Scalar(UInt8(try hexDigits(2, from: start)))
        case "u": return try unicodeEscape(from: start)
        case "\r":
            if next == "\n" {
                at += 1
            }
            return nil
        default: return isLineEnd(letter) ? nil : letter
        }
    }

    /// The scalar of a `\u` escape; `at` is after the letter. Two escapes may form one scalar.
    mutating func unicodeEscape(from start: Int) throws(JSONError) -> Unicode.Scalar {
        let unit = try hexDigits(4, from: start)
        if let scalar = Unicode.Scalar(unit) { return scalar }
        let isHigh = unit < 0xDC00
        if isHigh, next == "\\", at + 1 < source.count, source[at + 1] == "u" {
            at += 2
            let low = try hexDigits(4, from: start)
            if (0xDC00...0xDFFF).contains(low),
                let scalar = Unicode.Scalar(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00))
            {
                return scalar
            }
        }
        throw fault("escaped surrogate without its other half", at: start)
    }

    private mutating func hexDigits(_ count: Int, from start: Int) throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<count {
            guard let digit = next.flatMap(hexValue) else { throw fault("invalid escape", at: start) }
            value = value * 16 + digit
            at += 1
        }
        return value
    }

    /// The number that begins here, with its original digits.
    mutating func number() throws(JSONError) {
        let start = at
        let isNegative = next == "-"
        if isNegative || next == "+" {
            at += 1
        }
        if isNegative {
            output.append(UInt8(ascii: "-"))
        }
        switch next {
        case "I", "N": throw fault("JSON has no Infinity and no NaN", at: start)
        case "0" where at + 1 < source.count && (source[at + 1] == "x" || source[at + 1] == "X"):
            try hexNumber(from: start)
        default:
            try decimalNumber(from: start)
        }
    }

    private mutating func hexNumber(from start: Int) throws(JSONError) {
        at += 2
        let first = at
        var value: UInt64 = 0
        while let digit = next.flatMap(hexValue) {
            guard value >> 60 == 0 else { throw fault("hexadecimal number beyond 64 bits", at: start) }
            value = value << 4 | UInt64(digit)
            at += 1
        }
        guard at > first else { throw fault("invalid number", at: start) }
        output += String(value).utf8
    }

    private mutating func decimalNumber(from start: Int) throws(JSONError) {
        let whole = digits()
        var fraction: ArraySlice<Unicode.Scalar> = []
        if next == "." {
            at += 1
            fraction = digits()
        }
        let hasLeadingZero = whole.count > 1 && whole.first == "0"
        guard !hasLeadingZero, !(whole.isEmpty && fraction.isEmpty) else {
            throw fault("invalid number", at: start)
        }
        append(whole.isEmpty ? ["0"] : whole)
        if !fraction.isEmpty {
            append(["."] + fraction)
        }
        guard next == "e" || next == "E" else { return }
        let exponent = at
        at += 1
        if next == "+" || next == "-" {
            at += 1
        }
        guard !digits().isEmpty else { throw fault("invalid number", at: start) }
        append(source[exponent..<at])
    }

    private mutating func digits() -> ArraySlice<Unicode.Scalar> {
        let start = at
        while isDigit(next) { at += 1 }
        return source[start..<at]
    }

    func isDigit(_ scalar: Unicode.Scalar?) -> Bool {
        scalar.map { ("0"..."9").contains($0) } ?? false
    }

    /// Appends ASCII to the output.
    private mutating func append(_ text: ArraySlice<Unicode.Scalar>) {
        output += text.map { UInt8(truncatingIfNeeded: $0.value) }
    }
}

/// The value of an ASCII hexadecimal digit.
private func hexValue(_ scalar: Unicode.Scalar) -> UInt32? {
    switch scalar {
    case "0"..."9": scalar.value - 0x30
    case "a"..."f": scalar.value - 0x61 + 10
    case "A"..."F": scalar.value - 0x41 + 10
    default: nil
    }
}
