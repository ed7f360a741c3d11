/// Reads the text of a path from its beginning to its end.
struct PathReader {
    private let scalars: [Unicode.Scalar]
    private(set) var index = 0

    init(_ text: String) {
        scalars = Array(text.unicodeScalars)
    }

    /// The next character; nil at the end.
    var peek: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

    /// Whether the whole text has been read.
    var isAtEnd: Bool { index >= scalars.count }

    mutating func advance() { index += 1 }

    /// Goes back to an earlier position.
    mutating func rewind(to position: Int) { index = position }

    /// Reads a character, if it is the next one.
    mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard peek == scalar else { return false }
        index += 1
        return true
    }

    /// Reads a text, if it comes next.
    mutating func take(_ text: String) -> Bool {
        let expected = Array(text.unicodeScalars)
        guard scalars[index...].starts(with: expected) else { return false }
        index += expected.count
        return true
    }

    mutating func skipSpace() {
        while let next = peek, next == " " || next == "\t" || next == "\n" || next == "\r" { index += 1 }
    }

    private mutating func take(while isPart: (Unicode.Scalar) -> Bool) -> String {
        let start = index
        while let next = peek, isPart(next) { index += 1 }
        return String(String.UnicodeScalarView(scalars[start..<index]))
    }

    /// The text up to a character, or to the end.
    mutating func text(until end: Unicode.Scalar) -> String { take { $0 != end } }

    /// The name of a property, up to the next step or the end of the path.
    ///
    /// - Parameter isNested: True inside a filter or an argument, where signs of comparisons end the path.
    mutating func name(isNested: Bool) -> String {
        take { !".[( \t\n\r".unicodeScalars.contains($0) && !(isNested && PathReader.endsWord.contains($0)) }
    }

    /// The name of a variable; nil if none comes next.
    mutating func identifier() -> String? {
        guard let first = peek, first == "_" || first.properties.isXIDStart else { return nil }
        return take { $0 == "_" || $0.properties.isXIDContinue }
    }

    /// A number or a word of a filter.
    mutating func word() -> String { take { !PathReader.endsWord.contains($0) } }

    private static let endsWord = Set(" \t\n\r()[],=<>!~&|".unicodeScalars)

    /// The operator of a comparison: signs without space between them, or a word.
    mutating func comparison() -> String {
        let signs = take { "=<>!~".unicodeScalars.contains($0) }
        return signs.isEmpty ? take { $0.properties.isAlphabetic } : signs
    }

    /// A string in quotes of either kind; nil if it has no end. A backslash escapes the quote and itself. Before other
    /// characters it stands for itself, as on AWS.
    mutating func quoted() -> String? {
        guard let quote = peek, quote == "'" || quote == "\"" else { return nil }
        var string = String.UnicodeScalarView()
        var position = index + 1
        while position < scalars.count {
            let scalar = scalars[position]
            position += 1
            if scalar == quote {
                index = position
                return String(string)
            }
            if scalar == "\\", position < scalars.count,
                scalars[position] == quote || scalars[position] == "\\"
            {
                string.append(scalars[position])
                position += 1
            } else {
                string.append(scalar)
            }
        }
        return nil
    }

    /// A regular expression between slashes, with its flags; nil if it has no end.
    mutating func pattern() -> (source: String, flags: String)? {
        let start = index + 1
        var position = start
        while position < scalars.count, scalars[position] != "/" {
            position += scalars[position] == "\\" ? 2 : 1
        }
        guard position < scalars.count else { return nil }
        let source = String(String.UnicodeScalarView(scalars[start..<position]))
        index = position + 1
        return (source, take { $0.properties.isAlphabetic })
    }

    /// An array or an object, up to the bracket that closes it; nil if none does.
    mutating func balanced() -> String? {
        var nesting = 0
        var position = index
        var quote: Unicode.Scalar?
        while position < scalars.count {
            let scalar = scalars[position]
            position += 1
            if let open = quote {
                if scalar == "\\" { position += 1 }
                if scalar == open { quote = nil }
            } else if scalar == "\"" || scalar == "'" {
                quote = scalar
            } else if scalar == "[" || scalar == "{" {
                nesting += 1
            } else if scalar == "]" || scalar == "}" {
                nesting -= 1
            }
            guard nesting == 0 else { continue }
            defer { index = position }
            return PathReader.json(scalars[index..<position])
        }
        return nil
    }

    /// The text with double quotes around strings, if they are in single quotes.
    private static func json(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        guard !scalars.contains("\"") else { return String(String.UnicodeScalarView(scalars)) }
        return String(String.UnicodeScalarView(scalars.map { $0 == "'" ? "\"" : $0 }))
    }
}
