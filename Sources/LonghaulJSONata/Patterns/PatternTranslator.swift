/// Rewrites a regular expression of JavaScript where PCRE2 reads the same text differently, and adds the callouts
/// at which a match checks its deadline.
struct PatternTranslator {
    private let source: [UInt16]
    private let isMultiline: Bool
    private var index = 0
    private var output: [UInt16] = []

    /// The expression for PCRE2.
    static func translate(_ source: Text, isMultiline: Bool) throws(Pattern.SyntaxError) -> Text {
        var translator = PatternTranslator(source: source.units, isMultiline: isMultiline)
        try translator.run()
        return Text(translator.output)
    }

    private init(source: [UInt16], isMultiline: Bool) {
        self.source = source
        self.isMultiline = isMultiline
    }

    private static let lineEnds = "\\n\\r\\x{2028}\\x{2029}"
    private static let spaces =
        "\\t\\n\\x{0B}\\f\\r \\x{A0}\\x{1680}\\x{2000}-\\x{200A}\\x{2028}\\x{2029}\\x{202F}\\x{205F}\\x{3000}\\x{FEFF}"

    /// A callout. One stands wherever much work may begin: at the start of the expression and of each group, and
    /// before each reference to a group.
    private static let callout = "(?C)"

    /// The next code unit as a scalar; U+FFFD for surrogates, which have no meaning in an expression.
    private func unit() -> Unicode.Scalar? {
        index < source.count ? Unicode.Scalar(source[index]) ?? "\u{FFFD}" : nil
    }

    private mutating func append(_ text: String) {
        output.append(contentsOf: text.utf16)
    }

    private mutating func copy() {
        output.append(source[index])
        index += 1
    }

    private mutating func run() throws(Pattern.SyntaxError) {
        append(PatternTranslator.callout)
        while index < source.count {
            switch unit() {
            case "\\": try escape(inClass: false)
            case "[": try characterClass()
            case "(": try group()
            case ".":
                append("[^\(PatternTranslator.lineEnds)]")
                index += 1
            case "^":
                append(isMultiline ? "(?<![^\(PatternTranslator.lineEnds)])" : "^")
                index += 1
            case "$":
                append(isMultiline ? "(?![^\(PatternTranslator.lineEnds)])" : "$")
                index += 1
            case "*", "+", "?": try quantifier()
            default: copy()
            }
        }
    }

    /// PCRE2 knows possessive quantifiers, JavaScript does not.
    private mutating func quantifier() throws(Pattern.SyntaxError) {
        copy()
        if unit() == "+" { throw Pattern.SyntaxError(message: "nothing to repeat before +") }
        if unit() == "?" {
            copy()
            if unit() == "+" { throw Pattern.SyntaxError(message: "nothing to repeat before +") }
        }
    }

    /// Of the constructs that begin with `(?`, only those of JavaScript are passed on.
    private mutating func group() throws(Pattern.SyntaxError) {
        copy()
        if unit() == "*" { throw Pattern.SyntaxError(message: "nothing to repeat before *") }
        if unit() == "?" {
            copy()
            switch unit() {
            case ":", "=", "!": copy()
            case "<": try groupName()
            default: throw Pattern.SyntaxError(message: "invalid group")
            }
        }
        append(PatternTranslator.callout)
    }

    /// Copies `<name>` of a named group, or the `<=` and `<!` of a lookbehind.
    private mutating func groupName() throws(Pattern.SyntaxError) {
        copy()
        if unit() == "=" || unit() == "!" { return copy() }
        while let scalar = unit(), scalar != ">", scalar != ")" { copy() }
        guard unit() == ">" else { throw Pattern.SyntaxError(message: "invalid group name") }
        copy()
    }

    private mutating func characterClass() throws(Pattern.SyntaxError) {
        copy()
        if unit() == "^" { copy() }
        while let scalar = unit(), scalar != "]" {
            switch scalar {
            case "\\": try escape(inClass: true)
            case "[":
                append("\\[")
                index += 1
            default: copy()
            }
        }
        guard unit() == "]" else { throw Pattern.SyntaxError(message: "character class has no closing ]") }
        copy()
    }

    private mutating func escape(inClass: Bool) throws(Pattern.SyntaxError) {
        index += 1
        guard let scalar = unit() else { throw Pattern.SyntaxError(message: "\\ at the end") }
        index += 1
        switch scalar {
        case "s": append(inClass ? PatternTranslator.spaces : "[\(PatternTranslator.spaces)]")
        case "S" where !inClass: append("[^\(PatternTranslator.spaces)]")
        case "v": append("\\x{0B}")
        case "u": try hexadecimal(digits: 4, or: "u")
        case "x": try hexadecimal(digits: 2, or: "x")
        case "0" where !(unit().map { ("0"..."9").contains($0) } ?? false): append("\\x{00}")
        case "b" where inClass: append("\\x{08}")
        case "k" where !inClass: append("\(PatternTranslator.callout)\\k")
        case "1"..."9" where !inClass: append("\(PatternTranslator.callout)\\\(scalar)")
        case "b", "B", "d", "D", "w", "W", "S", "n", "r", "t", "f", "c", "k": append("\\\(scalar)")
        case "0"..."9": append("\\\(scalar)")
        case "a"..."z", "A"..."Z": append(String(scalar))
        default:
            if scalar.isASCII { append("\\") }
            output.append(source[index - 1])
        }
    }

    /// `\uXXXX` and `\xXX`; without the digits the letter stands for itself.
    private mutating func hexadecimal(digits: Int, or letter: String) throws(Pattern.SyntaxError) {
        let text = String(decoding: source[index...].prefix(digits), as: UTF16.self)
        guard text.utf8.count == digits, text.allSatisfy(\.isHexDigit), let code = UInt16(text, radix: 16)
        else { return append(letter) }
        append("\\x{\(String(code, radix: 16))}")
        index += digits
    }
}
