/// Parses calls of intrinsic functions.
struct IntrinsicParser {
    private let scalars: [Unicode.Scalar]
    private var index = 0

    init(_ text: String) {
        scalars = Array(text.unicodeScalars)
    }

    private var peek: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

    private func text(_ range: Range<Int>) -> String {
        String(String.UnicodeScalarView(scalars[range]))
    }

    private mutating func skipSpace() {
        while peek == " " || peek == "\t" || peek == "\n" || peek == "\r" { index += 1 }
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        skipSpace()
        guard peek == scalar else { return false }
        index += 1
        return true
    }

    private func failure(_ message: String) -> PathError {
        PathError(.syntax, "\(message) at position \(index)")
    }

    /// Parses a call.
    ///
    /// - Parameter depth: How deep the call nests, counted from 1.
    mutating func call(depth: Int) throws(PathError) -> IntrinsicCall {
        guard depth <= IntrinsicCall.maxDepth else {
            throw failure("Intrinsic functions must not nest more than \(IntrinsicCall.maxDepth) deep")
        }
        skipSpace()
        let start = index
        while let next = peek, next == "." || next.properties.isAlphabetic || ("0"..."9").contains(next) {
            index += 1
        }
        let name = text(start..<index)
        guard let function = IntrinsicFunction(rawValue: name) else {
            throw failure("Unknown intrinsic function '\(name)'")
        }
        guard take("(") else { throw failure("Expected '('") }
        let arguments = try self.arguments(depth: depth)
        guard function.arity.contains(arguments.count) else {
            throw failure("Wrong number of arguments for \(name)")
        }
        return IntrinsicCall(text: text(start..<index), function: function, arguments: arguments)
    }

    /// Checks that nothing follows the call.
    mutating func finish() throws(PathError) {
        skipSpace()
        guard index == scalars.count else { throw failure("Unexpected text after the intrinsic function") }
    }

    private mutating func arguments(depth: Int) throws(PathError) -> [IntrinsicCall.Argument] {
        var arguments: [IntrinsicCall.Argument] = []
        if take(")") { return arguments }
        while true {
            arguments.append(try argument(depth: depth))
            if take(")") { return arguments }
            guard take(",") else { throw failure("Expected ',' or ')'") }
        }
    }

    private mutating func argument(depth: Int) throws(PathError) -> IntrinsicCall.Argument {
        skipSpace()
        switch peek {
        case "'": return .string(try string())
        case "$": return .path(try JSONPath(pathText()))
        default: break
        }
        if scalars[index...].starts(with: "States.".unicodeScalars) {
            return .call(try call(depth: depth + 1))
        }
        let start = index
        while let next = peek, next != ",", next != ")", next != " " { index += 1 }
        guard start < index, let value = try? StateValue(parsing: text(start..<index)), !value.isContainer,
            value.string == nil
        else { throw failure("Expected a string, a number, a path or an intrinsic function") }
        return .literal(value)
    }

    /// A string in single quotes. Its escapes stay as they are.
    private mutating func string() throws(PathError) -> String {
        index += 1
        let start = index
        while let next = peek, next != "'" {
            index += next == "\\" ? 2 : 1
        }
        guard index < scalars.count else { throw failure("String without an end") }
        defer { index += 1 }
        return text(start..<index)
    }

    /// The text of a path up to the comma or the parenthesis that ends the argument.
    private mutating func pathText() -> String {
        let start = index
        var nesting = 0
        var quote: Unicode.Scalar?
        scan: while let next = peek {
            if let open = quote {
                if next == "\\" { index += 1 }
                if next == open { quote = nil }
            } else {
                switch next {
                case "'", "\"": quote = nesting > 0 ? next : nil
                case "[", "(": nesting += 1
                case "]": nesting -= 1
                case ")":
                    if nesting == 0 { break scan }
                    nesting -= 1
                case ",", " ": if nesting == 0 { break scan }
                default: break
                }
            }
            index += 1
        }
        index = min(index, scalars.count)
        return text(start..<index)
    }
}
