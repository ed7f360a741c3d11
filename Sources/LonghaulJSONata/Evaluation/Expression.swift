/// A compiled expression: immutable, and shared by all evaluations.
final class Expression: Sendable {
    let operation: Operation
    let position: Int
    let predicates: [Expression]
    let group: Grouping?
    let keepArray: Bool

    init(
        _ operation: Operation, position: Int, predicates: [Expression] = [], group: Grouping? = nil,
        keepArray: Bool = false
    ) {
        self.operation = operation
        self.position = position
        self.predicates = predicates
        self.group = group
        self.keepArray = keepArray
    }
}

/// What an expression does.
indirect enum Operation: Sendable {
    case null
    case bool(Bool)
    case number(Double)
    case string(Text)
    case name(Text)
    case wildcard
    case descendants
    case parent(Name)
    case path(Path)
    case binary(BinaryOperator, Expression, Expression)
    case and(Expression, Expression)
    case or(Expression, Expression)
    case negate(Expression)
    case array([Expression], isConstructor: Bool)
    case object(Grouping)
    case condition(Expression, then: Expression, otherwise: Expression?)
    /// The first expression if it exists (`??`) or is true (`?:`), otherwise the second one.
    case fallback(Expression, Expression, isForUndefined: Bool)
    case block([Expression])
    case bind(Name, Expression)
    case context
    case variable(Name, Builtin?)
    case regex(Pattern)
    case call(Call)
    case partial(Call)
    case placeholder
    case lambda(Lambda)
    case apply(Expression, Expression)
    case transform(Transform)
}

/// The binary operators besides `and` and `or`.
enum BinaryOperator: String, Sendable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case remainder = "%"
    case equal = "="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case concatenate = "&"
    case range = ".."
    case contained = "in"
}

/// A path with its steps.
struct Path: Sendable {
    let steps: [Step]
    let keepSingletonArray: Bool
    /// True if the path's tuples go on to the surrounding path.
    let isTuple: Bool
}

/// One step of a path.
struct Step: Sendable {
    let expression: Expression
    let kind: Kind
    let stages: [Stage]
    let isTuple: Bool
    let focus: Name?
    let index: Name?
    let ancestor: Name?

    /// What a step does.
    enum Kind: Sendable {
        /// Evaluates its expression for each item.
        case map
        /// Evaluates its expression once, as the first step of a path.
        case constructor
        /// Sorts the items.
        case sort([SortTerm])
    }

    /// A predicate or an index binding.
    enum Stage: Sendable {
        case filter(Expression)
        case index(Name)
    }
}

/// One term of an order-by clause.
struct SortTerm: Sendable {
    let isDescending: Bool
    let expression: Expression
}

/// Keys and values of an object constructor or a grouping.
struct Grouping: Sendable {
    let pairs: [(key: Expression, value: Expression)]
    let position: Int
}

/// A call of a function.
final class Call: Sendable {
    let procedure: Expression
    let arguments: [Expression]
    let position: Int
    /// The name by which errors call the function.
    let name: Text?
    /// True if the procedure is a bare name, for which `$` may have been forgotten.
    let isBareName: Bool
    /// The name of the variable that the procedure is, if it is one.
    let variable: Text?

    init(procedure: Expression, arguments: [Expression], position: Int) {
        self.procedure = procedure
        self.arguments = arguments
        self.position = position
        switch procedure.operation {
        case .path(let path):
            isBareName = true
            if case .name(let text) = path.steps.first?.expression.operation {
                name = text
            } else {
                name = nil
            }
            variable = nil
        case .variable(let name, _):
            self.name = name.text
            variable = name.text
            isBareName = false
        case .string(let text):
            name = text
            variable = nil
            isBareName = false
        default:
            name = nil
            variable = nil
            isBareName = false
        }
    }
}

/// The definition of a function.
final class Lambda: Sendable {
    let parameters: [Name]
    let signature: Signature?
    let body: Expression
    /// The call that the body is, if the lambda only delays a tail call.
    let thunk: Call?

    init(parameters: [Name], signature: Signature?, body: Expression, thunk: Call? = nil) {
        self.parameters = parameters
        self.signature = signature
        self.body = body
        self.thunk = thunk
    }
}

/// A transform `| pattern | update, delete |`.
final class Transform: Sendable {
    let pattern: Expression
    let update: Expression
    let deletion: Expression?
    let position: Int

    init(pattern: Expression, update: Expression, deletion: Expression?, position: Int) {
        self.pattern = pattern
        self.update = update
        self.deletion = deletion
        self.position = position
    }
}
