public import LonghaulJSONata

/// A compiled template of JSONata: a value with expressions `{% … %}` at any depth, such as the value of `Arguments`,
/// `Output`, `Assign`, `Items` or `Seconds`.
///
/// ```swift
/// let template = try QueryTemplate(StateValue(parsing: #"{"total": "{% $sum($states.input.prices) %}"}"#),
///     location: "Output")
/// let output = try template.evaluate(in: QueryScope(StateScope(input: input)))
/// ```
public struct QueryTemplate: Sendable {
    private let node: Node

    private indirect enum Node: Sendable {
        case literal(StateValue)
        case array([Node])
        case object([(key: String, node: Node)])
        case expression(QueryExpression)

        var isLiteral: Bool {
            if case .literal = self { return true }
            return false
        }
    }

    /// An expression that cannot be compiled.
    public struct Issue: Error, Sendable, Hashable {
        /// The place of the field in its state: `Output/items[0]`.
        public let location: String
        /// The syntax error.
        public let error: JSONataError
    }

    /// Compiles a template.
    ///
    /// - Parameter location: The name of the field in its state, or the path to it: `Choices[0]/Condition`.
    /// - Throws: ``Issue`` for the first expression that cannot be compiled.
    public init(_ value: StateValue, location: String) throws(Issue) {
        node = try QueryTemplate.compile(value, location)
    }

    private static func compile(_ value: StateValue, _ location: String) throws(Issue) -> Node {
        switch value {
        case .string(let text) where QueryExpression.isExpression(text):
            do {
                return .expression(try QueryExpression(text, location: location))
            } catch {
                throw Issue(location: location, error: error)
            }
        case .array(let elements):
            var nodes: [Node] = []
            for (index, element) in elements.enumerated() {
                nodes.append(try compile(element, "\(location)[\(index)]"))
            }
            return nodes.allSatisfy(\.isLiteral) ? .literal(value) : .array(nodes)
        case .object(let object):
            var nodes: [(key: String, node: Node)] = []
            for (key, member) in object.members {
                nodes.append((key, try compile(member, "\(location)/\(key)")))
            }
            return nodes.allSatisfy(\.node.isLiteral) ? .literal(value) : .object(nodes)
        default: return .literal(value)
        }
    }

    /// The value, if the template has no expressions.
    public var literal: StateValue? {
        if case .literal(let value) = node { return value }
        return nil
    }

    /// The template's expressions, in their order.
    public var expressions: [QueryExpression] {
        var found: [QueryExpression] = []
        QueryTemplate.collect(node, &found)
        return found
    }

    private static func collect(_ node: Node, _ found: inout [QueryExpression]) {
        switch node {
        case .literal: break
        case .expression(let expression): found.append(expression)
        case .array(let nodes): for node in nodes { collect(node, &found) }
        case .object(let nodes): for (_, node) in nodes { collect(node, &found) }
        }
    }

    /// Maximum time of all expressions of a template together, in milliseconds.
    static let maxMilliseconds = 1000

    /// The template's value.
    ///
    /// - Parameter type: The type that the field needs, if its whole value is one expression; nil for any.
    /// - Throws: ``StateFailure`` `States.QueryEvaluationError` with AWS's text and the place of the expression.
    public func evaluate(
        in scope: QueryScope, expecting type: QueryType? = nil
    ) throws(StateFailure) -> StateValue {
        switch node {
        case .literal(let value): return value
        case .expression(let expression):
            return try QueryTemplate.bounded(
                try expression.evaluate(
                    in: scope, expecting: type, milliseconds: QueryTemplate.maxMilliseconds))
        default:
            let deadline = ContinuousClock.now + .milliseconds(QueryTemplate.maxMilliseconds)
            return try QueryTemplate.bounded(try QueryTemplate.evaluate(node, scope, deadline))
        }
    }

    private static func bounded(_ value: StateValue) throws(StateFailure) -> StateValue {
        guard value.jsonSize(limit: PayloadTemplate.maxSize) != nil else { throw .tooLarge }
        return value
    }

    private static func evaluate(
        _ node: Node, _ scope: QueryScope, _ deadline: ContinuousClock.Instant
    ) throws(StateFailure) -> StateValue {
        switch node {
        case .literal(let value): return value
        case .expression(let expression):
            let left = (deadline - ContinuousClock.now) / .milliseconds(1)
            return try expression.evaluate(in: scope, expecting: nil, milliseconds: max(0, Int(left)))
        case .array(let nodes):
            var elements: [StateValue] = []
            for node in nodes { elements.append(try evaluate(node, scope, deadline)) }
            return .array(elements)
        case .object(let nodes):
            var object = StateObject()
            for (key, node) in nodes { object[key] = try evaluate(node, scope, deadline) }
            return .object(object)
        }
    }
}
