/// A compiled payload template of JSONPath: the value of `Parameters`, `ResultSelector`, `ItemSelector` or `Assign`.
///
/// A field whose name ends with `.$` is replaced by the value of its expression, under the name without `.$`.
///
/// ```swift
/// let template = try PayloadTemplate(StateValue(parsing: #"{"id.$": "$.order.id", "kind": "mail"}"#))
/// let payload = try template.evaluate(in: StateScope(input: input))
/// ```
public struct PayloadTemplate: Sendable {
    private let node: Node

    private indirect enum Node: Sendable {
        case literal(StateValue)
        case array([Node])
        case object(literals: [(key: String, node: Node)], fields: [Field])
    }

    private struct Field: Sendable {
        let key: String
        /// The name with `.$`.
        let name: String
        let expression: PathExpression
    }

    /// A field of a template whose value is no expression.
    public struct Issue: Error, Sendable, Hashable {
        /// The field's name with `.$`.
        public let field: String
        /// The place of the object with the field, from the template: `/Payload/items[0]`.
        public let location: String
        /// What is wrong.
        public let message: String
    }

    /// Compiles a template.
    ///
    /// - Throws: ``Issue`` for the first field that is no valid expression.
    public init(_ value: StateValue) throws(Issue) {
        node = try PayloadTemplate.compile(value, location: "")
    }

    private static func compile(_ value: StateValue, location: String) throws(Issue) -> Node {
        switch value {
        case .array(let elements):
            var nodes: [Node] = []
            var isLiteral = true
            for (index, element) in elements.enumerated() {
                let node = try compile(element, location: "\(location)[\(index)]")
                if case .literal = node {} else { isLiteral = false }
                nodes.append(node)
            }
            return isLiteral ? .literal(value) : .array(nodes)
        case .object(let object): return try compile(object, location: location)
        default: return .literal(value)
        }
    }

    private static func compile(_ object: StateObject, location: String) throws(Issue) -> Node {
        var literals: [(key: String, node: Node)] = []
        var fields: [Field] = []
        var isLiteral = true
        for (name, value) in object.members {
            if name.hasSuffix(".$") {
                fields.append(
                    Field(
                        key: String(name.dropLast(2)), name: name,
                        expression: try expression(value, field: name, location: location)))
            } else {
                let node = try compile(value, location: "\(location)/\(name)")
                if case .literal = node {} else { isLiteral = false }
                literals.append((name, node))
            }
        }
        if fields.isEmpty, isLiteral { return .literal(.object(object)) }
        let order = JavaHashOrder.sorted(fields.map(\.key))
        return .object(literals: literals, fields: order.map { fields[$0] })
    }

    private static func expression(
        _ value: StateValue, field: String, location: String
    ) throws(Issue) -> PathExpression {
        let text =
            "The value for the field '\(field)' must be a valid JSONPath or a valid intrinsic function call"
        guard let source = value.string else {
            throw Issue(
                field: field, location: location,
                message: "The value for the field '\(field)' must be a STRING that contains a JSONPath "
                    + "or a valid intrinsic function call")
        }
        do {
            return try PathExpression(source)
        } catch {
            throw Issue(field: field, location: location, message: text)
        }
    }

    /// The template's value.
    ///
    /// The fields with expressions come after the others, in the order in which AWS writes them.
    ///
    /// - Throws: ``StateFailure`` if an expression cannot be evaluated, or the value becomes too large.
    public func evaluate(in scope: StateScope) throws(StateFailure) -> StateValue {
        let value = try PayloadTemplate.evaluate(node, in: scope, WorkBudget())
        if case .literal = node { return value }
        guard value.jsonSize(limit: PayloadTemplate.maxSize) != nil else { throw .tooLarge }
        return value
    }

    /// Maximum size of the value as JSON in bytes. The limits of states are lower.
    static let maxSize = 16 << 20

    private static func evaluate(
        _ node: Node, in scope: StateScope, _ budget: WorkBudget
    ) throws(StateFailure) -> StateValue {
        switch node {
        case .literal(let value): return value
        case .array(let nodes):
            var elements: [StateValue] = []
            for node in nodes { elements.append(try evaluate(node, in: scope, budget)) }
            return .array(elements)
        case .object(let literals, let fields):
            var object = StateObject()
            for (key, node) in literals { object[key] = try evaluate(node, in: scope, budget) }
            for field in fields {
                object[field.key] = try field.expression.evaluate(in: scope, field: field.name, budget)
            }
            return .object(object)
        }
    }

    /// The variables that the template reads, in their order, without repetitions.
    public var variables: [String] {
        var found: [String] = []
        PayloadTemplate.collect(node, &found)
        return found
    }

    private static func collect(_ node: Node, _ found: inout [String]) {
        switch node {
        case .literal: break
        case .array(let nodes): for node in nodes { collect(node, &found) }
        case .object(let literals, let fields):
            for (_, node) in literals { collect(node, &found) }
            for name in fields.flatMap(\.expression.variables) where !found.contains(name) {
                found.append(name)
            }
        }
    }
}
