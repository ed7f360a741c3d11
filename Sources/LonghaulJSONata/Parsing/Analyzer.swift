/// Gives meaning to a parsed tree: it joins names to paths with steps, attaches predicates and groupings to
/// steps, resolves `%`, and marks tail calls.
struct Analyzer {
    /// The slots of all `%` operators, by their index.
    var slots: [SyntaxNode.Slot] = []
    let budget: Budget

    init(_ budget: Budget) {
        self.budget = budget
    }

    /// Analyzes a whole expression.
    static func analyze(_ node: SyntaxNode, _ budget: Budget) throws(Failure) -> SyntaxNode {
        var analyzer = Analyzer(budget)
        let result = try analyzer.process(node)
        if result.kind == .parent || result.seekingParent != nil {
            throw Failure(
                "S0217", token: .string(Text(result.kind.typeName)), position: result.position)
        }
        return result
    }

    /// Analyzes one node and the nodes below it.
    mutating func process(_ node: SyntaxNode) throws(Failure) -> SyntaxNode {
        try budget.step()
        try budget.checkStack()
        let result = try analyzed(node)
        if node.keepArray { result.keepArray = true }
        return result
    }

    private mutating func process(_ node: SyntaxNode?) throws(Failure) -> SyntaxNode? {
        guard let node else { return nil }
        return try process(node)
    }

    private mutating func analyzed(_ node: SyntaxNode) throws(Failure) -> SyntaxNode {
        switch node.kind {
        case .binary: return try binary(node)
        case .unary: return try unary(node)
        case .function, .partial: return try call(node)
        case .lambda:
            let result = SyntaxNode(.lambda, position: node.position)
            result.children = node.children
            result.signature = node.signature
            result.extra = try process(node.extra).map(Analyzer.markTailCalls)
            return result
        case .condition, .fallback: return try condition(node)
        case .transform:
            let result = SyntaxNode(.transform, position: node.position)
            result.left = try process(node.left)
            result.right = try process(node.right)
            result.extra = try process(node.extra)
            return result
        case .block: return try block(node)
        case .name:
            let result = SyntaxNode(.path)
            result.children = [node]
            result.keepSingletonArray = node.keepArray
            return result
        case .parent:
            let result = SyntaxNode(.parent, position: node.position)
            let slot = SyntaxNode.Slot(label: slots.count, index: slots.count)
            slots.append(slot)
            result.slot = slot
            return result
        case .operation: return try operation(node)
        case .end: throw Failure("S0207", token: node.value, position: node.position)
        case .string, .number, .value, .wildcard, .descendants, .variable, .regex, .path, .sort, .bind,
            .apply:
            return node
        }
    }

    /// `and`, `or` and `in` may be names; `?` stands for an argument.
    private mutating func operation(_ node: SyntaxNode) throws(Failure) -> SyntaxNode {
        if node.symbol == "?" { return node }
        node.kind = .name
        return try process(node)
    }

    private mutating func unary(_ node: SyntaxNode) throws(Failure) -> SyntaxNode {
        let result = SyntaxNode(.unary, value: node.value, position: node.position)
        switch node.symbol {
        case "[":
            for item in node.children {
                let value = try process(item)
                try passAncestry(from: value, to: result)
                result.children.append(value)
            }
        case "{":
            for pair in node.pairs {
                let key = try process(pair.key)
                try passAncestry(from: key, to: result)
                let value = try process(pair.value)
                try passAncestry(from: value, to: result)
                result.pairs.append((key, value))
            }
        default:
            guard let operand = try process(node.left) else { return result }
            if operand.kind == .number, case .number(let number) = operand.value {
                operand.value = .number(-number)
                return operand
            }
            result.left = operand
            try passAncestry(from: operand, to: result)
        }
        return result
    }

    private mutating func call(_ node: SyntaxNode) throws(Failure) -> SyntaxNode {
        let result = SyntaxNode(node.kind, value: node.value, position: node.position)
        for argument in node.children {
            let value = try process(argument)
            try passAncestry(from: value, to: result)
            result.children.append(value)
        }
        result.extra = try process(node.extra)
        return result
    }

    private mutating func condition(_ node: SyntaxNode) throws(Failure) -> SyntaxNode {
        let result = SyntaxNode(node.kind, value: node.value, position: node.position)
        result.left = try process(node.left)
        result.right = try process(node.right)
        result.extra = try process(node.extra)
        for part in [result.left, result.right, result.extra] {
            if let part { try passAncestry(from: part, to: result) }
        }
        return result
    }

    private mutating func block(_ node: SyntaxNode) throws(Failure) -> SyntaxNode {
        let result = SyntaxNode(.block, position: node.position)
        for item in node.children {
            let part = try process(item)
            try passAncestry(from: part, to: result)
            if part.isConstructor || (part.kind == .path && part.children.first?.isConstructor == true) {
                result.isConstructor = true
            }
            result.children.append(part)
        }
        return result
    }

    private mutating func binary(_ node: SyntaxNode) throws(Failure) -> SyntaxNode {
        switch node.symbol {
        case ".": return try path(node)
        case "[": return try predicate(node)
        case "{": return try grouping(node)
        case "^": return try orderBy(node)
        case "@": return try focus(node)
        case "#": return try index(node)
        case ":=":
            let result = SyntaxNode(.bind, value: node.left?.value ?? .undefined, position: node.position)
            result.right = try process(node.right)
            if let right = result.right { try passAncestry(from: right, to: result) }
            return result
        case "~>":
            let result = SyntaxNode(.apply, value: node.value, position: node.position)
            result.left = try process(node.left)
            result.right = try process(node.right)
            result.keepArray = result.left?.keepArray == true || result.right?.keepArray == true
            return result
        default:
            let result = SyntaxNode(.binary, value: node.value, position: node.position)
            result.left = try process(node.left)
            result.right = try process(node.right)
            for part in [result.left, result.right] {
                if let part { try passAncestry(from: part, to: result) }
            }
            return result
        }
    }

    /// Wraps a call at the end of a function's body so that it does not grow the stack.
    private static func markTailCalls(_ node: SyntaxNode) -> SyntaxNode {
        // The result of a node with predicates or a grouping is used before the function returns.
        guard node.predicates == nil, node.group == nil, !node.keepArray else { return node }
        switch node.kind {
        case .function:
            let thunk = SyntaxNode(.lambda, position: node.position)
            thunk.isThunk = true
            thunk.extra = node
            return thunk
        case .condition:
            node.right = node.right.map(markTailCalls)
            node.extra = node.extra.map(markTailCalls)
        case .fallback: node.right = node.right.map(markTailCalls)
        case .block:
            if let last = node.children.popLast() { node.children.append(markTailCalls(last)) }
        default: break
        }
        return node
    }
}

extension SyntaxNode.Kind {
    /// The kind as error messages name it.
    var typeName: String {
        switch self {
        case .descendants: "descendant"
        case .operation: "operator"
        case .fallback: "condition"
        default: "\(self)"
        }
    }
}
