/// Converts JSON5 (json5.org) to JSON. Its errors name line and column, unlike those of Foundation's JSON5 decoder.
struct JSON5Converter {
    static let maxDepth = 64

    let source: [Unicode.Scalar]
    /// The position of the next scalar.
    var at = 0
    var output: [UInt8] = []
    /// The position in the source of each key in `output`, for faults that the JSON parser finds.
    private var keyPlaces: [Int: Int] = [:]

    init(_ source: String) {
        self.source = Array(source.unicodeScalars)
    }

    var next: Unicode.Scalar? {
        at < source.count ? source[at] : nil
    }

    mutating func convert() throws(JSONError) -> [UInt8] {
        try skipSpace()
        try value(depth: 0)
        try skipSpace()
        if next != nil {
            throw fault("unexpected text after the document", at: at)
        }
        return output
    }

    private mutating func value(depth: Int) throws(JSONError) {
        switch next {
        case "{": try container(close: "}", depth: depth)
        case "[": try container(close: "]", depth: depth)
        case "\"", "'": JSONString.append(try string(), to: &output)
        case "+", "-", ".", "I", "N": try number()
        case _ where isDigit(next): try number()
        case nil: throw fault("ends too early, expected a value", at: at)
        default: try literal()
        }
    }

    private mutating func literal() throws(JSONError) {
        let start = at
        while let scalar = next, scalar.properties.isIDContinue { at += 1 }
        var word = String.UnicodeScalarView()
        word.append(contentsOf: source[start..<at])
        guard ["true", "false", "null"].contains(String(word)) else {
            throw fault("invalid value", at: start)
        }
        output += String(word).utf8
    }

    /// An object or an array: the elements between its brackets. A comma after the last one is allowed.
    private mutating func container(close: Unicode.Scalar, depth: Int) throws(JSONError) {
        guard depth < Self.maxDepth else {
            throw fault("nested more than \(Self.maxDepth) deep", at: at)
        }
        output.append(UInt8(ascii: close == "}" ? "{" : "["))
        at += 1
        var isFirst = true
        try skipSpace()
        while next != close {
            if !isFirst {
                output.append(UInt8(ascii: ","))
            }
            isFirst = false
            if close == "}" {
                try key()
            }
            try value(depth: depth + 1)
            try skipSpace()
            if next == "," {
                at += 1
                try skipSpace()
            } else if next != close {
                let problem = next == nil ? "ends too early, expected" : "expected"
                throw fault("\(problem) ',' or '\(close)'", at: at)
            }
        }
        at += 1
        output.append(UInt8(ascii: close))
    }

    private mutating func key() throws(JSONError) {
        keyPlaces[output.count] = at
        let isQuoted = next == "\"" || next == "'"
        JSONString.append(isQuoted ? try string() : try identifier(), to: &output)
        try skipSpace()
        guard next == ":" else { throw fault("expected ':'", at: at) }
        at += 1
        output.append(UInt8(ascii: ":"))
        try skipSpace()
    }

    private mutating func identifier() throws(JSONError) -> String {
        var name = String.UnicodeScalarView()
        let start = at
        while let scalar = next {
            let place = at
            var letter = scalar
            if scalar == "\\" {
                at += 1
                guard next == "u" else { throw fault("invalid escape", at: place) }
                at += 1
                letter = try unicodeEscape(from: place)
            } else {
                at += 1
            }
            guard isIdentifier(letter, first: name.isEmpty) else {
                guard scalar != "\\" else { throw fault("invalid escape in a key", at: place) }
                at = place
                break
            }
            name.append(letter)
        }
        guard !name.isEmpty else { throw fault("expected a key", at: start) }
        return String(name)
    }

    private func isIdentifier(_ scalar: Unicode.Scalar, first: Bool) -> Bool {
        if scalar == "$" || scalar == "_" { return true }
        if first { return scalar.properties.isIDStart }
        // The two joiners may occur inside a name.
        return scalar.properties.isIDContinue || scalar == "\u{200C}" || scalar == "\u{200D}"
    }

    mutating func skipSpace() throws(JSONError) {
        while let scalar = next {
            if scalar == "/" {
                try skipComment()
            } else if isSpace(scalar) {
                at += 1
            } else {
                return
            }
        }
    }

    private func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case " ", "\t", "\n", "\r", "\u{0B}", "\u{0C}", "\u{FEFF}", "\u{2028}", "\u{2029}": true
        default: scalar.properties.generalCategory == .spaceSeparator
        }
    }

    private mutating func skipComment() throws(JSONError) {
        let start = at
        switch at + 1 < source.count ? source[at + 1] : nil {
        case "/":
            while let scalar = next, !isLineEnd(scalar) { at += 1 }
        case "*":
            at += 2
            while at + 1 < source.count, !(source[at] == "*" && source[at + 1] == "/") { at += 1 }
            guard at + 1 < source.count else { throw fault("comment without an end", at: start) }
            at += 2
        default:
            throw fault("unexpected '/'", at: start)
        }
    }

    func isLineEnd(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "\n" || scalar == "\r" || scalar == "\u{2028}" || scalar == "\u{2029}"
    }
}

extension JSON5Converter {
    /// A fault at a position of the source.
    func fault(_ message: String, at place: Int, pointer: String? = nil) -> JSONError {
        var line = 1
        var column = 1
        var offset = 0
        for (index, scalar) in source[..<place].enumerated() {
            offset += UTF8.width(scalar)
            let isHalfOfCRLF = scalar == "\r" && index + 1 < source.count && source[index + 1] == "\n"
            if isLineEnd(scalar), !isHalfOfCRLF {
                line += 1
                column = 1
            } else {
                column += 1
            }
        }
        return JSONError(
            message: "\(message) at line \(line), column \(column)", offset: offset, pointer: pointer)
    }

    /// A fault that the JSON parser found in the output: a repeated key.
    func located(_ error: JSONError) -> JSONError {
        guard let place = error.offset.flatMap({ keyPlaces[$0] }) else { return error }
        return fault(error.message, at: place, pointer: error.pointer)
    }
}
