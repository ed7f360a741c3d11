extension Parser {
    /// Parses what follows a left side and an operator.
    mutating func infix(_ token: Token, _ left: SyntaxNode) throws(Failure) -> SyntaxNode {
        switch token.symbol {
        case "(": return try call(token, left)
        case "[": return try predicate(token, left)
        case "^": return try orderBy(token, left)
        case "{":
            let node = binary(token, left)
            node.pairs = try pairs()
            return node
        case ":=": return try binding(token, left)
        case "@", "#": return try tupleBinding(token, left)
        case "?": return try conditional(token, left)
        case "?:", "??":
            let node = SyntaxNode(.fallback, token)
            node.left = left
            node.right = try expression(0)
            return node
        default:
            let node = binary(token, left)
            node.right = try expression(Parser.bindingPowers[token.symbol] ?? 0)
            return node
        }
    }

    private func binary(_ token: Token, _ left: SyntaxNode) -> SyntaxNode {
        let node = SyntaxNode(.binary, token)
        node.left = left
        return node
    }

    private mutating func conditional(_ token: Token, _ left: SyntaxNode) throws(Failure) -> SyntaxNode {
        let node = SyntaxNode(.condition, token)
        node.left = left
        node.right = try expression(0)
        if self.token.isSymbol(":") {
            try advance(past: ":")
            node.extra = try expression(0)
        }
        return node
    }

    private mutating func predicate(_ token: Token, _ left: SyntaxNode) throws(Failure) -> SyntaxNode {
        if self.token.isSymbol("]") {
            // An empty predicate keeps results as arrays.
            var step = left
            while step.kind == .binary, step.symbol == "[", let inner = step.left { step = inner }
            step.keepArray = true
            try advance(past: "]")
            return left
        }
        let node = binary(token, left)
        node.right = try expression(0)
        try advance(past: "]", isAfterOperand: true)
        return node
    }

    private mutating func orderBy(_ token: Token, _ left: SyntaxNode) throws(Failure) -> SyntaxNode {
        try advance(past: "(")
        let node = binary(token, left)
        while true {
            var isDescending = false
            if self.token.isSymbol("<") {
                try advance(past: "<")
            } else if self.token.isSymbol(">") {
                isDescending = true
                try advance(past: ">")
            }
            node.terms.append((isDescending, try expression(0)))
            guard self.token.isSymbol(",") else { break }
            try advance(past: ",")
        }
        try advance(past: ")")
        return node
    }

    private mutating func binding(_ token: Token, _ left: SyntaxNode) throws(Failure) -> SyntaxNode {
        guard left.kind == .variable else {
            throw Failure("S0212", token: left.value, position: left.position)
        }
        let node = binary(token, left)
        node.right = try expression(9)
        return node
    }

    private mutating func tupleBinding(_ token: Token, _ left: SyntaxNode) throws(Failure) -> SyntaxNode {
        let node = binary(token, left)
        let right = try expression(80)
        guard right.kind == .variable else {
            throw Failure("S0214", token: token.value, position: right.position)
        }
        node.right = right
        return node
    }

    private mutating func call(_ token: Token, _ left: SyntaxNode) throws(Failure) -> SyntaxNode {
        let node = SyntaxNode(.function, token)
        node.extra = left
        if !self.token.isSymbol(")") {
            while true {
                if self.token.isSymbol("?") {
                    node.kind = .partial
                    node.children.append(SyntaxNode(.operation, self.token))
                    try advance(past: "?")
                } else {
                    node.children.append(try expression(0))
                }
                guard self.token.isSymbol(",") else { break }
                try advance(past: ",")
            }
        }
        try advance(past: ")", isAfterOperand: true)
        if left.kind == .name, left.symbol == "function" || left.symbol == "\u{3BB}" {
            try lambda(node)
        }
        return node
    }

    /// Makes a lambda of a call of `function`, by parsing its signature and its body.
    private mutating func lambda(_ node: SyntaxNode) throws(Failure) {
        for (index, argument) in node.children.enumerated() where argument.kind != .variable {
            throw Failure(
                "S0208", token: argument.value, position: argument.position, value: .number(Double(index + 1))
            )
        }
        node.kind = .lambda
        if token.isSymbol("<") { node.signature = try signature() }
        try advance(past: "{")
        node.extra = try expression(0)
        try advance(past: "}")
    }

    private mutating func signature() throws(Failure) -> Signature {
        let start = token.position
        var depth = 1
        var text = Text("<")
        while depth > 0, !token.isSymbol("{"), token.kind != .end {
            try advance()
            if token.isSymbol(">") { depth -= 1 } else if token.isSymbol("<") { depth += 1 }
            switch token.value {
            case .string(let part): text.units.append(contentsOf: part.units)
            case .number(let number): text.units.append(contentsOf: NumberText.shortest(number).utf16)
            case .bool(let value): text.units.append(contentsOf: (value ? "true" : "false").utf16)
            default: text.units.append(contentsOf: "null".utf16)
            }
        }
        try advance(past: ">")
        do {
            return try Signature(text.string)
        } catch {
            if error.code == "U1001" { throw Failure.limit(error.value) }
            throw Failure(error.code, position: start + error.offset, value: .string(Text(error.value)))
        }
    }
}
