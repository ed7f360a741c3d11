/// Parses paths.
struct PathParser {
    var reader: PathReader

    /// Maximum number of steps of a path, with those in its filters.
    static let maxSteps = 1000
    /// Maximum nesting of filters and arguments.
    static let maxDepth = 32

    private var stepCount = 0
    private var depth = 0

    init(_ text: String) {
        reader = PathReader(text)
    }

    /// A syntax error at the current position.
    func failure(_ message: String) -> PathError {
        PathError(.syntax, "\(message) at character \(reader.index + 1)")
    }

    /// Parses the whole text as a path of a state.
    mutating func path() throws(PathError) -> (JSONPath.Root, [PathStep]) {
        guard reader.take("$") else { throw failure("A path must begin with '$'") }
        var root = JSONPath.Root.input
        if reader.take("$") {
            root = .context
        } else if let name = reader.identifier() {
            root = .variable(name)
        }
        let steps = try self.steps { $0.isAtEnd }
        return (root, steps)
    }

    /// Parses a path from `@` or `$` inside a filter, up to the character that ends it.
    mutating func relativePath(until isEnd: (PathReader) -> Bool) throws(PathError) -> RelativePath {
        let isFromRoot = reader.peek == "$"
        reader.advance()
        return RelativePath(isFromRoot: isFromRoot, steps: try steps(until: isEnd))
    }

    private mutating func steps(until isEnd: (PathReader) -> Bool) throws(PathError) -> [PathStep] {
        var steps: [PathStep] = []
        while !reader.isAtEnd, !isEnd(reader) {
            stepCount += 1
            guard stepCount <= PathParser.maxSteps else {
                throw failure("A path must not have more than \(PathParser.maxSteps) steps")
            }
            if reader.peek == "[" {
                steps.append(try bracket())
            } else if reader.take(".") {
                if reader.take(".") {
                    guard !reader.isAtEnd, reader.peek != "." else {
                        throw failure("Expected a name, '*' or '['")
                    }
                    steps.append(.descendants)
                    if reader.peek == "[" { continue }
                }
                steps.append(try dotted())
            } else {
                throw failure("Expected '.' or '['")
            }
        }
        return steps
    }

    /// A name, a wildcard or a function after a point.
    private mutating func dotted() throws(PathError) -> PathStep {
        if reader.take("*") { return .wildcard }
        let name = reader.name(isNested: depth > 0)
        guard !name.isEmpty else {
            throw failure("Expected a name, '*' or '['")
        }
        guard reader.take("(") else { return .properties([name], quote: "'") }
        guard let function = PathFunction(rawValue: name) else {
            throw failure("Unknown function '\(name)'")
        }
        return .function(function, try arguments())
    }

    private mutating func arguments() throws(PathError) -> [PathArgument] {
        try enter()
        defer { depth -= 1 }
        var arguments: [PathArgument] = []
        reader.skipSpace()
        if reader.take(")") { return arguments }
        while true {
            reader.skipSpace()
            arguments.append(try argument())
            reader.skipSpace()
            if reader.take(")") { return arguments }
            guard reader.take(",") else { throw failure("Expected ',' or ')'") }
        }
    }

    private mutating func argument() throws(PathError) -> PathArgument {
        if reader.peek == "$" || reader.peek == "@" {
            return .path(try relativePath { $0.peek == "," || $0.peek == ")" || $0.peek == " " })
        }
        return .literal(try literal())
    }

    /// A string, a number, `true`, `false` or `null`, or an array or object of JSON.
    mutating func literal() throws(PathError) -> StateValue {
        guard let first = reader.peek else { throw failure("Expected a value") }
        if first == "'" || first == "\"" {
            guard let string = reader.quoted() else {
                throw failure("Expected the closing quote of a string")
            }
            return .string(string)
        }
        let text = first == "[" || first == "{" ? reader.balanced() : reader.word()
        guard let text, let value = try? StateValue(parsing: text) else {
            throw failure("Expected a value")
        }
        return value
    }

    mutating func enter() throws(PathError) {
        depth += 1
        guard depth <= PathParser.maxDepth else {
            throw failure("A path must not nest more than \(PathParser.maxDepth) deep")
        }
    }

    mutating func leave() { depth -= 1 }
}

extension PathParser {
    /// A step in brackets.
    private mutating func bracket() throws(PathError) -> PathStep {
        reader.advance()
        reader.skipSpace()
        switch reader.peek {
        case "'", "\"": return try quotedNames()
        case "*":
            reader.advance()
            try closeBracket()
            return .wildcard
        case "?":
            reader.advance()
            reader.skipSpace()
            guard reader.take("(") else { throw failure("Expected '('") }
            let filter = try self.filter()
            reader.skipSpace()
            guard reader.take(")") else { throw failure("Expected ')'") }
            try closeBracket()
            return .filter(filter)
        default: return try numbers()
        }
    }

    private mutating func closeBracket() throws(PathError) {
        reader.skipSpace()
        guard reader.take("]") else { throw failure("Expected ']'") }
    }

    private mutating func quotedNames() throws(PathError) -> PathStep {
        let quote = reader.peek ?? "'"
        var names: [String] = []
        repeat {
            reader.skipSpace()
            guard let name = reader.quoted() else {
                throw failure("Expected a name in quotes")
            }
            names.append(name)
            reader.skipSpace()
        } while reader.take(",")
        try closeBracket()
        return .properties(names, quote: Character(quote))
    }

    /// `1`, `1,2`, `1:2`, `1:` or `:2`.
    private mutating func numbers() throws(PathError) -> PathStep {
        let text = reader.text(until: "]")
        try closeBracket()
        if text.contains(":") {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            let bounds = parts.map { Int32($0.trimmedSpace).map { Int($0) } }
            guard parts.count == 2, bounds[0] != nil || bounds[1] != nil,
                zip(parts, bounds).allSatisfy({ $0.trimmedSpace.isEmpty || $1 != nil })
            else { throw failure("Invalid slice '\(text)'") }
            return .slice(from: bounds[0], to: bounds[1])
        }
        var indices: [Int] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let index = Int32(part.trimmedSpace) else {
                throw failure("Expected an index, a slice, a name in quotes, '*' or '?('")
            }
            indices.append(Int(index))
        }
        return .indices(indices)
    }
}

extension Substring {
    fileprivate var trimmedSpace: Substring {
        var result = self
        while result.first == " " { result.removeFirst() }
        while result.last == " " { result.removeLast() }
        return result
    }
}
