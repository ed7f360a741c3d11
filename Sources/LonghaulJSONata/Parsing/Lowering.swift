/// Turns an analyzed syntax tree into an immutable ``Expression``.
struct Lowering {
    private let budget: Budget

    /// Compiles the text of an expression.
    static func compile(_ source: Text, _ budget: Budget) throws(Failure) -> Expression {
        let tree = try Parser.parse(source, budget)
        return try Lowering(budget: budget).lower(try Analyzer.analyze(tree, budget))
    }

    private func lower(_ node: SyntaxNode) throws(Failure) -> Expression {
        try budget.step()
        try budget.checkStack()
        let isStep = node.stages != nil
        let group = node.group
        return Expression(
            try operation(node), position: node.position,
            predicates: isStep ? [] : try lower(node.predicates ?? []),
            group: group == nil ? nil : try grouping(group?.pairs ?? [], group?.position ?? 0),
            keepArray: node.keepArray)
    }

    private func lower(_ nodes: [SyntaxNode]) throws(Failure) -> [Expression] {
        var expressions: [Expression] = []
        expressions.reserveCapacity(nodes.count)
        for node in nodes { expressions.append(try lower(node)) }
        return expressions
    }

    private func grouping(
        _ pairs: [(key: SyntaxNode, value: SyntaxNode)], _ position: Int
    ) throws(Failure) -> Grouping {
        var lowered: [(key: Expression, value: Expression)] = []
        for pair in pairs { lowered.append((try lower(pair.key), try lower(pair.value))) }
        return Grouping(pairs: lowered, position: position)
    }

    /// Lowers a part that the parser guarantees; its absence evaluates to `undefined`.
    private func lower(_ node: SyntaxNode?) throws(Failure) -> Expression {
        guard let node else { return Expression(.placeholder, position: 0) }
        return try lower(node)
    }

    /// Lowers a part that may be missing.
    private func optional(_ node: SyntaxNode?) throws(Failure) -> Expression? {
        guard let node else { return nil }
        return try lower(node)
    }

    private func operation(_ node: SyntaxNode) throws(Failure) -> Operation {
        switch node.kind {
        case .name: return .name(node.value.text ?? "")
        case .string: return .string(node.value.text ?? "")
        case .number, .value: return Lowering.literal(node.value)
        case .variable: return Lowering.variable(node.value.text ?? "")
        case .regex: return node.pattern.map { .regex($0) } ?? .placeholder
        case .wildcard: return .wildcard
        case .descendants: return .descendants
        case .parent: return .parent(Lowering.label(node.slot))
        case .path: return .path(try path(node))
        case .binary: return try binary(node)
        case .unary: return try unary(node)
        case .condition:
            return .condition(
                try lower(node.left), then: try lower(node.right), otherwise: try optional(node.extra))
        case .fallback:
            return .fallback(
                try lower(node.left), try lower(node.right), isForUndefined: node.symbol == "??")
        case .block: return .block(try lower(node.children))
        case .bind: return .bind(Name(node.value.text ?? ""), try lower(node.right))
        case .function: return .call(try call(node))
        case .partial: return .partial(try call(node))
        case .lambda: return .lambda(try lambda(node))
        case .apply: return .apply(try lower(node.left), try lower(node.right))
        case .transform:
            return .transform(
                Transform(
                    pattern: try lower(node.left), update: try lower(node.right),
                    deletion: try optional(node.extra), position: node.position))
        case .operation, .end, .sort: return .placeholder
        }
    }

    private static func literal(_ value: Value) -> Operation {
        switch value {
        case .number(let number): .number(number)
        case .bool(let value): .bool(value)
        default: .null
        }
    }

    private static func variable(_ text: Text) -> Operation {
        text.isEmpty ? .context : .variable(Name(text), Builtin.named(text))
    }

    /// Labels cannot be mistaken for variables, whose names hold no `!`.
    private static func label(_ slot: SyntaxNode.Slot?) -> Name {
        Name("!\(slot?.label ?? 0)")
    }

    private func path(_ node: SyntaxNode) throws(Failure) -> Path {
        var steps: [Step] = []
        for (index, child) in node.children.enumerated() {
            steps.append(try step(child, isFirst: index == 0))
        }
        return Path(steps: steps, keepSingletonArray: node.keepSingletonArray, isTuple: node.isTuple)
    }

    private func step(_ node: SyntaxNode, isFirst: Bool) throws(Failure) -> Step {
        var kind = Step.Kind.map
        if node.kind == .sort {
            var terms: [SortTerm] = []
            for term in node.terms {
                terms.append(
                    SortTerm(isDescending: term.isDescending, expression: try lower(term.expression)))
            }
            kind = .sort(terms)
        } else if isFirst, node.isConstructor {
            kind = .constructor
        }
        var stages: [Step.Stage] = []
        for stage in node.stages ?? [] {
            switch stage {
            case .filter(let predicate): stages.append(.filter(try lower(predicate)))
            case .index(let name): stages.append(.index(Name(name)))
            }
        }
        return Step(
            expression: try lower(node), kind: kind, stages: stages, isTuple: node.isTuple,
            focus: node.focus.map { Name($0) }, index: node.index.map { Name($0) },
            ancestor: node.ancestor.map { Lowering.label($0) })
    }

    private func binary(_ node: SyntaxNode) throws(Failure) -> Operation {
        let left = try lower(node.left)
        let right = try lower(node.right)
        switch node.symbol {
        case "and": return .and(left, right)
        case "or": return .or(left, right)
        default: return BinaryOperator(rawValue: node.symbol).map { .binary($0, left, right) } ?? .placeholder
        }
    }

    private func unary(_ node: SyntaxNode) throws(Failure) -> Operation {
        switch node.symbol {
        case "[": .array(try lower(node.children), isConstructor: node.isConstructor)
        case "{": .object(try grouping(node.pairs, node.position))
        default: .negate(try lower(node.left))
        }
    }

    private func call(_ node: SyntaxNode) throws(Failure) -> Call {
        Call(
            procedure: try lower(node.extra), arguments: try lower(node.children), position: node.position)
    }

    private func lambda(_ node: SyntaxNode) throws(Failure) -> Lambda {
        let parameters = node.children.map { Name($0.value.text ?? "") }
        guard node.isThunk, let tailCall = node.extra else {
            return Lambda(parameters: parameters, signature: node.signature, body: try lower(node.extra))
        }
        return Lambda(
            parameters: parameters, signature: node.signature,
            body: Expression(.placeholder, position: node.position), thunk: try call(tailCall))
    }
}
