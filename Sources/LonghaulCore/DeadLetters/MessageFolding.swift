/// Replaces the parts of an error message that vary between occurrences of the same error: quoted text, paths and URLs,
/// UUIDs, hexadecimal words, numbers.
///
/// `cannot read "/tmp/a-17.png": 404 after 3.2 s` becomes `cannot read <text>: <n> after <n> s`.
public struct MessageFolding {
    /// The maximum number of Unicode scalars that are used. The rest of a message is ignored.
    static let maxLength = 500

    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var folded = String.UnicodeScalarView()
    /// Closing quotes that do not occur again in the rest of the message.
    private var missing: Set<Unicode.Scalar> = []
    /// The end of the text that is known to contain no slash.
    private var slashlessEnd = 0

    /// The message with placeholders for the parts that vary.
    public static func fold(_ message: String) -> String {
        var folding = MessageFolding(message)
        while folding.position < folding.scalars.count { folding.step() }
        return String(folding.folded).trimmed
    }

    private init(_ message: String) {
        scalars = Array(message.unicodeScalars.prefix(Self.maxLength))
    }

    private mutating func step() {
        if skipSpace() || skipQuoted() { return }
        if isAtWord, skipPath() || skipUUID() || skipHexadecimal() { return }
        if skipNumber() { return }
        folded.append(scalars[position])
        position += 1
    }

    // MARK: Scanning

    private func scalar(_ index: Int) -> Unicode.Scalar? {
        scalars.indices.contains(index) ? scalars[index] : nil
    }

    /// Whether the position is not inside a word.
    private var isAtWord: Bool { !(scalar(position - 1)?.isWord ?? false) }

    /// The end of the run of scalars that match, starting at an index.
    private func end(from start: Int, _ fits: (Unicode.Scalar) -> Bool) -> Int {
        var end = start
        while let scalar = scalar(end), fits(scalar) { end += 1 }
        return end
    }

    private mutating func replace(upTo end: Int, by mark: String) {
        folded.append(contentsOf: mark.unicodeScalars)
        position = end
    }

    // MARK: Replacing

    private mutating func skipSpace() -> Bool {
        let end = end(from: position, \.properties.isWhitespace)
        guard end > position else { return false }
        replace(upTo: end, by: " ")
        return true
    }

    private static let quotes: [Unicode.Scalar: Unicode.Scalar] = [
        "\"": "\"", "'": "'", "`": "`", "“": "”", "‘": "’", "«": "»", "„": "“",
    ]

    /// Quoted text. An apostrophe inside or after a word does not open a quotation, and one inside a word does not
    /// close it.
    private mutating func skipQuoted() -> Bool {
        guard let close = Self.quotes[scalars[position]], isAtWord, !missing.contains(close) else {
            return false
        }
        for index in scalars.indices.dropFirst(position + 1) where scalars[index] == close {
            guard !(scalar(index + 1)?.isWord ?? false) else { continue }
            replace(upTo: index + 1, by: "<text>")
            return true
        }
        missing.insert(close)
        return false
    }

    /// A path or a URL: it begins like one, has several slashes, or has one slash and a file name extension.
    private mutating func skipPath() -> Bool {
        guard position >= slashlessEnd else { return false }
        var end = end(from: position) { $0.isInPath }
        while end > position, scalars[end - 1].endsSentence { end -= 1 }
        let text = scalars[position..<end]
        let slashes = text.count { $0 == "/" || $0 == "\\" }
        if slashes == 0 { slashlessEnd = end }
        guard slashes > 0, let first = text.first, text.contains(where: \.properties.isAlphabetic) else {
            return false
        }
        let isRooted = first == "/" || first == "\\" || first == "~" || first == "."
        let isDrive = text.count > 2 && text[position + 1] == ":" && text[position + 2] == "\\"
        let name = text.reversed().prefix { $0 != "/" && $0 != "\\" }
        guard isRooted || isDrive || slashes > 1 || name.dropLast().contains(".") else { return false }
        replace(upTo: end, by: "<path>")
        return true
    }

    private mutating func skipUUID() -> Bool {
        var end = position
        for (group, length) in [8, 4, 4, 4, 12].enumerated() {
            if group > 0 {
                guard scalar(end) == "-" else { return false }
                end += 1
            }
            let start = end
            end = self.end(from: start, \.isHexadecimal)
            guard end - start == length else { return false }
        }
        guard !(scalar(end)?.isWord ?? false) else { return false }
        replace(upTo: end, by: "<uuid>")
        return true
    }

    /// `0x…`, or a word of eight or more hexadecimal digits with both digits and letters.
    private mutating func skipHexadecimal() -> Bool {
        let isMarked =
            scalars[position] == "0" && (scalar(position + 1) == "x" || scalar(position + 1) == "X")
        let start = isMarked ? position + 2 : position
        let end = end(from: start, \.isHexadecimal)
        guard end > start, !(scalar(end)?.isWord ?? false) else { return false }
        if !isMarked {
            let digits = scalars[start..<end].count { $0.isDigit }
            guard end - start >= 8, digits > 0, digits < end - start else { return false }
        }
        replace(upTo: end, by: "<hex>")
        return true
    }

    /// A number with its sign, and with the characters that join numbers in decimals, times, dates and addresses.
    private mutating func skipNumber() -> Bool {
        var start = position
        if scalars[start] == "-" || scalars[start] == "+" {
            guard isAtWord else { return false }
            start += 1
        }
        guard scalar(start)?.isDigit == true else { return false }
        var end = end(from: start, \.isDigit)
        while let joint = scalar(end), joint.joinsNumbers {
            let next = scalar(end + 1)
            let isSigned = (joint == "e" || joint == "E") && (next == "-" || next == "+")
            let rest = end + (isSigned ? 2 : 1)
            guard scalar(rest)?.isDigit == true else { break }
            end = self.end(from: rest, \.isDigit)
        }
        if scalar(end) == "Z", !(scalar(end + 1)?.isWord ?? false) { end += 1 }
        replace(upTo: end, by: "<n>")
        return true
    }
}

extension Unicode.Scalar {
    fileprivate var isDigit: Bool { value >= 48 && value <= 57 }

    fileprivate var isHexadecimal: Bool {
        isDigit || (value >= 97 && value <= 102) || (value >= 65 && value <= 70)
    }

    /// Whether the scalar is part of a word.
    fileprivate var isWord: Bool { isDigit || self == "_" || properties.isAlphabetic }

    /// Whether a path without quotes may contain the scalar.
    fileprivate var isInPath: Bool {
        switch self {
        case "\"", "'", "`", "<", ">", "(", ")", "[", "]", "{", "}", "|", ",", ";", "“", "”", "‘", "’", "«",
            "»":
            false
        default: !properties.isWhitespace
        }
    }

    fileprivate var endsSentence: Bool { self == "." || self == ":" || self == "!" || self == "?" }

    fileprivate var joinsNumbers: Bool {
        switch self {
        case ".", ",", ":", "-", "T", "e", "E", "/": true
        default: false
        }
    }
}

extension String {
    /// The text without leading and trailing spaces.
    fileprivate var trimmed: String {
        let start = drop { $0 == " " }
        return String(start.reversed().drop { $0 == " " }.reversed())
    }
}
