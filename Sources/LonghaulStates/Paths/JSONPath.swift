/// A compiled JSONPath, in the dialect that AWS uses: `$` is the input, `$$` the context object, `$name` a variable.
///
/// It supports children, wildcards, indices, slices, unions, filters, recursive descent and functions.
///
/// ```swift
/// let path = try JSONPath("$.orders[?(@.total > 100)].id")
/// let ids = try path.evaluate(in: StateScope(input: input))
/// ```
public struct JSONPath: Sendable, Hashable {
    /// What a path starts from.
    public enum Root: Sendable, Hashable {
        /// `$`
        case input
        /// `$$`
        case context
        /// `$name`
        case variable(String)
    }

    /// The path as written.
    public let text: String
    /// What the path starts from.
    public let root: Root
    /// Whether the path leads to one value at most. Other paths return an array.
    public let isDefinite: Bool
    let steps: [PathStep]

    /// Compiles a path.
    ///
    /// - Throws: ``PathError`` of kind `syntax`.
    public init(_ text: String) throws(PathError) {
        var parser = PathParser(text)
        (root, steps) = try parser.path()
        self.text = text
        isDefinite = RelativePath.isDefinite(steps)
    }

    /// The variable that the path reads; nil if it reads the input or the context object.
    public var variable: String? {
        if case .variable(let name) = root { return name }
        return nil
    }

    /// The value that the path leads to. A path that is not definite leads to an array, empty if there is no match.
    ///
    /// - Throws: ``PathError`` if a definite path leads to no value, or the evaluation takes too many steps.
    public func evaluate(in scope: StateScope) throws(PathError) -> StateValue {
        try evaluate(in: scope, WorkBudget())
    }

    func evaluate(in scope: StateScope, _ budget: WorkBudget) throws(PathError) -> StateValue {
        let value: StateValue
        var prefix: [PathStep] = []
        switch root {
        case .input: value = scope.input
        case .context: value = scope.context
        case .variable(let name):
            guard let variable = scope.variables[name] else {
                throw PathError(.notFound, "No results for path: $['\(name)']")
            }
            value = variable
            prefix = [.properties([name], quote: "'")]
        }
        let evaluator = PathEvaluator(root: value, prefix: prefix, budget: budget)
        return try evaluator.evaluate(steps, from: value)
    }

    /// The value that the path leads to; nil if there is none.
    ///
    /// - Throws: ``PathError`` if the evaluation takes too many steps.
    public func find(in scope: StateScope) throws(PathError) -> StateValue? {
        try find(in: scope, WorkBudget())
    }

    func find(in scope: StateScope, _ budget: WorkBudget) throws(PathError) -> StateValue? {
        do {
            return try evaluate(in: scope, budget)
        } catch {
            guard error.kind != .limit else { throw error }
            return nil
        }
    }
}
