/// Turns an analyzed syntax tree into an immutable ``Expression``.
enum Lowering {
    /// Compiles the text of an expression.
    static func compile(_ source: Text, _ budget: Budget) throws(Failure) -> Expression {
        let tree = try Parser.parse(source, budget)
        return lower(try Analyzer.analyze(tree, budget))
    }

    private static func lower(_ node: SyntaxNode) -> Expression {
        let isStep = node.stages != nil
        return Expression(
            operation(node), position: node.position,
            predicates: isStep ? [] : (node.predicates ?? []).map(lower), group: node.group.map(lower),
            keepArray: node.keepArray)
    }

    private static func lower(
        _ group: (pairs: [(key: SyntaxNode, value: SyntaxNode)], position: Int)
    ) -> Grouping {
        Grouping(
            pairs: group.pairs.map { (lower($0.key), lower($0.value)) }, position: group.position)
    }

    /// Lowers a part that the parser guarantees; its absence evaluates to `undefined`.
    private static func lower(_ node: SyntaxNode?) -> Expression {
        node.map { lower($0) } ?? Expression(.placeholder, position: 0)
    }

    private static func operation(_ node: SyntaxNode) -> Operation {
        switch node.kind {
        case .name: return .name(node.value.text ?? "")
        case .string: return .string(node.value.text ?? "")
        case .number, .value: return literal(node.value)
        case .variable: return variable(node.value.text ?? "")
        case .regex: return node.pattern.map { .regex($0) } ?? .placeholder
        case .wildcard: return .wildcard
        case .descendants: return .descendants
        case .parent: return .parent(label(node.slot))
        case .path: return .path(path(node))
        case .binary: return binary(node)
        case .unary: return unary(node)
        case .condition:
            return .condition(
                lower(node.left), then: lower(node.right), otherwise: node.extra.map { lower($0) })
        case .block: return .block(node.children.map { lower($0) })
        case .bind: return .bind(Name(node.value.text ?? ""), lower(node.right))
        case .function: return .call(call(node))
        case .partial: return .partial(call(node))
        case .lambda: return .lambda(lambda(node))
        case .apply: return .apply(lower(node.left), lower(node.right))
        case .transform:
            return .transform(
                Transform(
                    pattern: lower(node.left), update: lower(node.right),
                    deletion: node.extra.map { lower($0) }, position: node.position))
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

    private static func path(_ node: SyntaxNode) -> Path {
        Path(
            steps: node.children.enumerated().map { step($1, isFirst: $0 == 0) },
            keepSingletonArray: node.keepSingletonArray, isTuple: node.isTuple)
    }

    private static func step(_ node: SyntaxNode, isFirst: Bool) -> Step {
        var kind = Step.Kind.map
        if node.kind == .sort {
            kind = .sort(
                node.terms.map { SortTerm(isDescending: $0.isDescending, expression: lower($0.expression)) })
        } else if isFirst, node.isConstructor {
            kind = .constructor
        }
        let stages: [Step.Stage] = (node.stages ?? []).map {
            switch $0 {
            case .filter(let predicate): .filter(lower(predicate))
            case .index(let name): .index(Name(name))
            }
        }
        return Step(
            expression: lower(node), kind: kind, stages: stages, isTuple: node.isTuple,
            focus: node.focus.map { Name($0) }, index: node.index.map { Name($0) },
            ancestor: node.ancestor.map { label($0) })
    }

    private static func binary(_ node: SyntaxNode) -> Operation {
        let left = lower(node.left)
        let right = lower(node.right)
        switch node.symbol {
        case "and": return .and(left, right)
        case "or": return .or(left, right)
        default: return BinaryOperator(rawValue: node.symbol).map { .binary($0, left, right) } ?? .placeholder
        }
    }

    private static func unary(_ node: SyntaxNode) -> Operation {
        switch node.symbol {
        case "[": .array(node.children.map { lower($0) }, isConstructor: node.isConstructor)
        case "{": .object(lower((node.pairs, node.position)))
        default: .negate(lower(node.left))
        }
    }

    private static func call(_ node: SyntaxNode) -> Call {
        Call(
            procedure: lower(node.extra), arguments: node.children.map { lower($0) }, position: node.position)
    }

    private static func lambda(_ node: SyntaxNode) -> Lambda {
        Lambda(
            parameters: node.children.map { Name($0.value.text ?? "") }, signature: node.signature,
            body: node.isThunk ? Expression(.placeholder, position: node.position) : lower(node.extra),
            thunk: node.isThunk ? node.extra.map(call) : nil)
    }
}
