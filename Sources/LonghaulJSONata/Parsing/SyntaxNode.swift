/// A node of the syntax tree while it is built. ``Lowering`` turns the finished tree into an ``Expression``.
final class SyntaxNode {
    /// What kind of node this is.
    enum Kind {
        case name, variable, string, number, value, regex, end
        case wildcard, descendants, parent
        case binary, unary, function, partial, lambda, condition, block, transform
        case bind, apply, fallback, path, sort, operation
    }

    /// An ancestor that some `%` refers to.
    final class Slot {
        var label: Int
        var level = 1
        let index: Int

        init(label: Int, index: Int) {
            self.label = label
            self.index = index
        }
    }

    /// A predicate or the binding of an index, applied to the results of a step.
    enum Stage {
        case filter(SyntaxNode)
        case index(Text)
    }

    var kind: Kind
    /// The operator, the name or the literal.
    var value: Value
    let position: Int
    var pattern: Pattern?

    var left: SyntaxNode?
    var right: SyntaxNode?
    /// Elements, arguments, expressions of a block, or steps of a path.
    var children: [SyntaxNode] = []
    /// Keys and values of an object or a grouping.
    var pairs: [(key: SyntaxNode, value: SyntaxNode)] = []
    /// The terms of an order-by clause.
    var terms: [(isDescending: Bool, expression: SyntaxNode)] = []
    /// The function of a call, the body of a lambda, the else branch, or the delete clause.
    var extra: SyntaxNode?
    var signature: Signature?
    var isThunk = false

    // What the analysis adds.
    var keepArray = false
    var keepSingletonArray = false
    var isConstructor = false
    var predicates: [SyntaxNode]?
    var stages: [Stage]?
    var group: (pairs: [(key: SyntaxNode, value: SyntaxNode)], position: Int)?
    var focus: Text?
    var index: Text?
    var isTuple = false
    var ancestor: Slot?
    var slot: Slot?
    var seekingParent: [Slot]?

    init(_ kind: Kind, value: Value = .undefined, position: Int = 0) {
        self.kind = kind
        self.value = value
        self.position = position
    }

    convenience init(_ kind: Kind, _ token: Token) {
        self.init(kind, value: token.value, position: token.position)
        pattern = token.pattern
    }

    /// The operator or the name.
    var symbol: String { value.text?.string ?? "" }

    /// How deep the nodes nest below this one, itself included.
    private(set) var depth = 1

    /// Computes the depth from the parts, once they are all there.
    func measure() {
        var deepest = 0
        for part in parts { deepest = max(deepest, part.depth) }
        depth = deepest + 1
    }

    private var parts: [SyntaxNode] {
        var parts = children
        for part in [left, right, extra] { if let part { parts.append(part) } }
        for pair in pairs { parts += [pair.key, pair.value] }
        for term in terms { parts.append(term.expression) }
        return parts
    }
}
