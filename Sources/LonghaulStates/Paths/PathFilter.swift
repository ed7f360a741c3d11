/// The condition of a filter `[?(…)]`.
indirect enum PathFilter: Sendable, Hashable {
    case and([PathFilter])
    case or([PathFilter])
    case not(PathFilter)
    /// Whether a path leads to a value, or to none.
    case exists(RelativePath, Bool)
    case compare(Operand, PathComparison, Operand)

    /// One side of a comparison.
    enum Operand: Sendable, Hashable {
        case literal(StateValue)
        case path(RelativePath)
        case pattern(PathPattern)
    }
}

/// How a filter compares two values.
enum PathComparison: String, Sendable, Hashable {
    case equal = "=="
    case identical = "==="
    case notEqual = "!="
    case notIdentical = "!=="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case matches = "=~"
    case contained = "IN"
    case notContained = "NIN"
    case contains = "CONTAINS"
    case all = "ALL"
    case size = "SIZE"
    case empty = "EMPTY"
    case subset = "SUBSETOF"
    case anyOf = "ANYOF"
    case noneOf = "NONEOF"
}

extension PathParser {
    /// The condition of a filter, up to the parenthesis that closes it.
    mutating func filter() throws(PathError) -> PathFilter {
        try enter()
        defer { leave() }
        var terms = [try conjunction()]
        while reader.takeSpaced("||") { terms.append(try conjunction()) }
        return terms.count == 1 ? terms[0] : .or(terms)
    }

    private mutating func conjunction() throws(PathError) -> PathFilter {
        var terms = [try term()]
        while reader.takeSpaced("&&") { terms.append(try term()) }
        return terms.count == 1 ? terms[0] : .and(terms)
    }

    private mutating func term() throws(PathError) -> PathFilter {
        try enter()
        defer { leave() }
        reader.skipSpace()
        if reader.take("!") {
            reader.skipSpace()
            guard reader.peek == "@" || reader.peek == "$" else { return .not(try term()) }
            return try comparison(isNegated: true)
        }
        if reader.take("(") {
            let inner = try filter()
            guard reader.takeSpaced(")") else { throw failure("Expected ')'") }
            return inner
        }
        return try comparison(isNegated: false)
    }

    private mutating func comparison(isNegated: Bool) throws(PathError) -> PathFilter {
        let left = try operand()
        let start = reader.index
        reader.skipSpace()
        let sign = reader.comparison()
        guard let comparison = PathComparison(rawValue: sign.uppercased()) else {
            guard sign.isEmpty, case .path(let path) = left else {
                throw failure("Unknown operator '\(sign)'")
            }
            reader.rewind(to: start)
            return .exists(path, !isNegated)
        }
        return .compare(left, comparison, try operand())
    }

    private mutating func operand() throws(PathError) -> PathFilter.Operand {
        reader.skipSpace()
        switch reader.peek {
        case "@", "$":
            return .path(try relativePath { !".[".unicodeScalars.contains($0.peek ?? " ") })
        case "/":
            guard let (source, flags) = reader.pattern() else {
                throw failure("Expected the closing '/' of a pattern")
            }
            return .pattern(try PathPattern(source, flags: flags))
        default: return .literal(try literal())
        }
    }
}

extension PathReader {
    /// Reads a text, if it comes next after any space.
    mutating func takeSpaced(_ text: String) -> Bool {
        let start = index
        skipSpace()
        if take(text) { return true }
        rewind(to: start)
        return false
    }
}
