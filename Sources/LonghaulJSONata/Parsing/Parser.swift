/// Builds the syntax tree of an expression, by operator precedence.
struct Parser {
    var tokenizer: Tokenizer
    var token: Token
    private let budget: Budget
    private var depth = 0

    private init(_ source: Text, _ budget: Budget) throws(Failure) {
        tokenizer = Tokenizer(source)
        token = Token(kind: .end, value: .undefined, position: 0)
        self.budget = budget
        try advance()
    }

    /// Parses a whole expression.
    static func parse(_ source: Text, _ budget: Budget) throws(Failure) -> SyntaxNode {
        guard source.count <= JSONataLimits.maxExpressionLength else {
            throw Failure.limit(
                "The expression is longer than \(JSONataLimits.maxExpressionLength) characters")
        }
        var parser = try Parser(source, budget)
        let node = try parser.expression(0)
        guard parser.token.kind == .end else {
            throw Failure("S0201", token: parser.token.value, position: parser.token.position)
        }
        return node
    }

    static let bindingPowers: [String: Int] = [
        ".": 75, "[": 80, "{": 70, "(": 80, "@": 80, "#": 80, "?": 20, "+": 50, "-": 50, "*": 60, "/": 60,
        "%": 60, "=": 40, "<": 40, ">": 40, "^": 40, ":=": 10, "!=": 40, "<=": 40, ">=": 40, "~>": 40,
        "?:": 40, "??": 40, "and": 30, "or": 25, "in": 40, "&": 50,
    ]

    private var bindingPower: Int {
        token.kind == .symbol ? Parser.bindingPowers[token.symbol] ?? 0 : 0
    }

    /// Goes to the next token, after checking that the current one is the expected symbol.
    mutating func advance(past symbol: String? = nil, isAfterOperand: Bool = false) throws(Failure) {
        if let symbol, !token.isSymbol(symbol) {
            throw Failure(
                token.kind == .end ? "S0203" : "S0202", token: token.value, position: token.position,
                value: .string(Text(symbol)))
        }
        let start = tokenizer.position
        token = try tokenizer.next(isAfterOperand: isAfterOperand)
        try count(tokenizer.position - start)
        if token.isSymbol("!") || token.isSymbol("~") {
            throw Failure("S0204", token: token.value, position: token.position)
        }
    }

    /// Counts the work and the memory of a token, and of the node that it becomes.
    private func count(_ length: Int) throws(Failure) {
        try budget.step()
        try budget.allocate(256 + length * 4)
        // The compiler of regular expressions is slower than the tokenizer.
        if token.kind == .regex { try budget.steps(64 + length / 8) }
    }

    /// Parses an expression whose operators bind more tightly than `power`.
    mutating func expression(_ power: Int) throws(Failure) -> SyntaxNode {
        depth += 1
        defer { depth -= 1 }
        guard depth <= JSONataLimits.maxExpressionDepth else { throw Parser.tooDeep() }
        try budget.checkStack()
        var current = token
        try advance(isAfterOperand: true)
        var left = try measured(prefix(current))
        while power < bindingPower {
            current = token
            try advance()
            let node = try infix(current, left)
            // An empty predicate gives the left side back, which is measured already.
            left = node === left ? left : try measured(node)
        }
        return left
    }

    private func measured(_ node: SyntaxNode) throws(Failure) -> SyntaxNode {
        node.measure()
        guard node.depth <= JSONataLimits.maxExpressionDepth else { throw Parser.tooDeep() }
        return node
    }

    static func tooDeep() -> Failure {
        Failure.limit("The expression nests more than \(JSONataLimits.maxExpressionDepth) deep")
    }

    /// Parses what begins with a token.
    private mutating func prefix(_ token: Token) throws(Failure) -> SyntaxNode {
        switch token.kind {
        case .name: return SyntaxNode(.name, token)
        case .variable: return SyntaxNode(.variable, token)
        case .string: return SyntaxNode(.string, token)
        case .number: return SyntaxNode(.number, token)
        case .value: return SyntaxNode(.value, token)
        case .regex: return SyntaxNode(.regex, token)
        case .end: return SyntaxNode(.end, token)
        case .symbol: break
        }
        switch token.symbol {
        case "and", "or", "in": return SyntaxNode(.operation, token)
        case "*": return SyntaxNode(.wildcard, token)
        case "**": return SyntaxNode(.descendants, token)
        case "%": return SyntaxNode(.parent, token)
        case "-":
            let node = SyntaxNode(.unary, token)
            node.left = try expression(70)
            return node
        case "(": return try block(token)
        case "[": return try arrayConstructor(token)
        case "{":
            let node = SyntaxNode(.unary, token)
            node.pairs = try pairs()
            return node
        case "|": return try transform(token)
        default: throw Failure("S0211", token: token.value, position: token.position)
        }
    }

    private mutating func block(_ token: Token) throws(Failure) -> SyntaxNode {
        let node = SyntaxNode(.block, token)
        while !self.token.isSymbol(")") {
            node.children.append(try expression(0))
            guard self.token.isSymbol(";") else { break }
            try advance(past: ";")
        }
        try advance(past: ")", isAfterOperand: true)
        return node
    }

    private mutating func arrayConstructor(_ token: Token) throws(Failure) -> SyntaxNode {
        let node = SyntaxNode(.unary, token)
        if !self.token.isSymbol("]") {
            while true {
                node.children.append(try element())
                guard self.token.isSymbol(",") else { break }
                try advance(past: ",")
            }
        }
        try advance(past: "]", isAfterOperand: true)
        return node
    }

    /// Parses an element of an array: an expression, or a range of numbers.
    private mutating func element() throws(Failure) -> SyntaxNode {
        let item = try expression(0)
        guard token.isSymbol("..") else { return item }
        let range = SyntaxNode(.binary, token)
        range.left = item
        try advance(past: "..")
        range.right = try expression(0)
        range.measure()
        return range
    }

    /// Parses the members of an object up to its closing brace.
    mutating func pairs() throws(Failure) -> [(key: SyntaxNode, value: SyntaxNode)] {
        var pairs: [(key: SyntaxNode, value: SyntaxNode)] = []
        if !token.isSymbol("}") {
            while true {
                let key = try expression(0)
                try advance(past: ":")
                pairs.append((key, try expression(0)))
                guard token.isSymbol(",") else { break }
                try advance(past: ",")
            }
        }
        try advance(past: "}", isAfterOperand: true)
        return pairs
    }

    private mutating func transform(_ token: Token) throws(Failure) -> SyntaxNode {
        let node = SyntaxNode(.transform, token)
        node.left = try expression(0)
        try advance(past: "|")
        node.right = try expression(0)
        if self.token.isSymbol(",") {
            try advance(past: ",")
            node.extra = try expression(0)
        }
        try advance(past: "|")
        return node
    }
}
