/// What an expression reads from outside: variables that it does not bind itself, and names of the input document.
public struct JSONataReferences: Sendable, Hashable {
    /// A variable, and the field of it that a path reads first.
    public struct Variable: Sendable, Hashable {
        /// The name without `$`.
        public let name: String
        /// The field: `input` in `$states.input.total`. Nil if the variable is not the first step of a path, or the
        /// next step is no name.
        public let field: String?
    }

    /// The variables in the order of their first use, without repetitions.
    public internal(set) var variables: [Variable] = []
    /// The names that are looked up in the input document, in the order of their first use, without repetitions.
    public internal(set) var inputNames: [String] = []
    /// Whether the expression reads the whole document, as `$$`.
    public internal(set) var readsDocument = false
}

extension JSONataExpression {
    /// What the expression reads from outside. Built-in functions are not counted.
    ///
    /// Complexity: O(length of the expression).
    public var references: JSONataReferences {
        var walker = ReferenceWalker()
        var scope: Set<String> = []
        walker.walk(expression, &scope, isRoot: true)
        return walker.references
    }
}

/// Collects the references of an expression.
private struct ReferenceWalker {
    var references = JSONataReferences()
    private var seen: Set<JSONataReferences.Variable> = []
    private var seenNames: Set<String> = []

    /// Walks through an expression.
    ///
    /// - Parameters:
    ///   - scope: The variables that the expression has bound so far.
    ///   - isRoot: True where names are looked up in the input document.
    mutating func walk(_ expression: Expression, _ scope: inout Set<String>, isRoot: Bool) {
        walk(expression.operation, &scope, isRoot)
        for predicate in expression.predicates { walk(predicate, &scope, isRoot: false) }
        if let group = expression.group { walk(group, &scope, isRoot: false) }
    }

    private mutating func walk(_ group: Grouping, _ scope: inout Set<String>, isRoot: Bool) {
        for pair in group.pairs {
            walk(pair.key, &scope, isRoot: isRoot)
            walk(pair.value, &scope, isRoot: isRoot)
        }
    }

    private mutating func walk(_ operation: Operation, _ scope: inout Set<String>, _ isRoot: Bool) {
        switch operation {
        case .null, .bool, .number, .string, .wildcard, .descendants, .parent, .context, .regex, .placeholder:
            break
        case .name(let text): if isRoot { add(inputName: text.string) }
        case .variable(let name, let builtin): add(name, builtin, field: nil, scope)
        case .path(let path): walk(path, scope, isRoot)
        case .binary(_, let left, let right), .and(let left, let right), .or(let left, let right),
            .fallback(let left, let right, _), .apply(let left, let right):
            walk(left, &scope, isRoot: isRoot)
            walk(right, &scope, isRoot: isRoot)
        case .negate(let inner): walk(inner, &scope, isRoot: isRoot)
        case .array(let items, _): for item in items { walk(item, &scope, isRoot: isRoot) }
        case .object(let group): walk(group, &scope, isRoot: isRoot)
        case .condition(let condition, let then, let otherwise):
            for part in [condition, then, otherwise] { if let part { walk(part, &scope, isRoot: isRoot) } }
        case .block(let expressions):
            var inner = scope
            for part in expressions { walk(part, &inner, isRoot: isRoot) }
        case .bind(let name, let value): bind(name, value, &scope, isRoot)
        case .call(let call), .partial(let call): walk(call, &scope, isRoot)
        case .lambda(let lambda): walk(lambda, scope, isRoot)
        case .transform(let transform):
            for part in [transform.pattern, transform.update, transform.deletion] {
                if let part { walk(part, &scope, isRoot: false) }
            }
        }
    }

    private mutating func bind(
        _ name: Name, _ value: Expression, _ scope: inout Set<String>, _ isRoot: Bool
    ) {
        // A function may call itself; another value is computed before it has the name.
        if case .lambda = value.operation { scope.insert(name.text.string) }
        walk(value, &scope, isRoot: isRoot)
        scope.insert(name.text.string)
    }

    private mutating func walk(_ call: Call, _ scope: inout Set<String>, _ isRoot: Bool) {
        if !call.isBareName { walk(call.procedure, &scope, isRoot: isRoot) }
        for argument in call.arguments { walk(argument, &scope, isRoot: isRoot) }
    }

    private mutating func walk(_ lambda: Lambda, _ scope: Set<String>, _ isRoot: Bool) {
        var inner = scope.union(lambda.parameters.map(\.text.string))
        if let thunk = lambda.thunk {
            walk(thunk, &inner, isRoot)
        } else {
            walk(lambda.body, &inner, isRoot: isRoot)
        }
    }

    private mutating func walk(_ path: Path, _ scope: Set<String>, _ isRoot: Bool) {
        var inner = scope
        for (index, step) in path.steps.enumerated() {
            if index == 0, case .variable(let name, let builtin) = step.expression.operation {
                add(name, builtin, field: ReferenceWalker.name(of: path.steps.dropFirst().first), inner)
                for predicate in step.expression.predicates { walk(predicate, &inner, isRoot: false) }
            } else if case .sort(let terms) = step.kind {
                for term in terms { walk(term.expression, &inner, isRoot: false) }
            } else {
                walk(step.expression, &inner, isRoot: isRoot && index == 0)
            }
            for name in [step.focus, step.index] { if let name { inner.insert(name.text.string) } }
            for stage in step.stages {
                switch stage {
                case .filter(let predicate): walk(predicate, &inner, isRoot: false)
                case .index(let name): inner.insert(name.text.string)
                }
            }
        }
    }

    private static func name(of step: Step?) -> String? {
        if case .name(let text)? = step?.expression.operation { return text.string }
        return nil
    }

    private mutating func add(inputName name: String) {
        if seenNames.insert(name).inserted { references.inputNames.append(name) }
    }

    private mutating func add(_ name: Name, _ builtin: Builtin?, field: String?, _ scope: Set<String>) {
        let text = name.text.string
        guard text != "$" else {
            references.readsDocument = true
            return
        }
        guard builtin == nil, !scope.contains(text) else { return }
        let variable = JSONataReferences.Variable(name: text, field: field)
        if seen.insert(variable).inserted { references.variables.append(variable) }
    }
}
