/// A compiled rule of a Choice state that uses JSONPath: a comparison, or `And`, `Or` and `Not` of rules.
///
/// ```swift
/// let rule = try ChoiceRule(StateValue(parsing: #"{"Variable": "$.total", "NumericGreaterThan": 100}"#))
/// let isLarge = try rule.matches(in: StateScope(input: input))
/// ```
public struct ChoiceRule: Sendable {
    private let condition: Condition

    private indirect enum Condition: Sendable {
        case and([Condition])
        case or([Condition])
        case not(Condition)
        case compare(JSONPath, ChoiceOperator, Operand)
    }

    private enum Operand: Sendable {
        case literal(StateValue)
        case path(JSONPath)
    }

    /// Why a rule is not valid.
    public struct Issue: Error, Sendable, Hashable {
        /// The place from the rule: `/And[0]/Variable`.
        public let location: String
        /// What is wrong.
        public let message: String
    }

    /// Compiles a rule. Fields other than the comparison, such as `Next` and `Comment`, are ignored.
    ///
    /// - Throws: ``Issue`` with AWS's text where it is known.
    public init(_ rule: StateValue) throws(Issue) {
        condition = try ChoiceRule.compile(rule, "")
    }

    private static func compile(_ rule: StateValue, _ location: String) throws(Issue) -> Condition {
        guard let object = rule.object else {
            throw Issue(location: location, message: "Expected value of type Object")
        }
        if let terms = object["And"] { return .and(try compile(list: terms, "\(location)/And")) }
        if let terms = object["Or"] { return .or(try compile(list: terms, "\(location)/Or")) }
        if let term = object["Not"] { return .not(try compile(term, "\(location)/Not")) }
        guard let variable = object["Variable"] else {
            throw Issue(location: location, message: "These fields are required: [Variable]")
        }
        let path = try path(variable, "\(location)/Variable")
        for (name, value) in object.members {
            guard let comparison = ChoiceOperator.byName[name] else { continue }
            return .compare(path, comparison, try operand(comparison, value, "\(location)/\(name)"))
        }
        throw Issue(location: location, message: "A comparison operator is required")
    }

    private static func compile(list: StateValue, _ location: String) throws(Issue) -> [Condition] {
        guard let rules = list.array else {
            throw Issue(location: location, message: "Expected value of type Array")
        }
        guard !rules.isEmpty else { throw Issue(location: location, message: "Value cannot be empty") }
        var conditions: [Condition] = []
        for (index, rule) in rules.enumerated() {
            conditions.append(try compile(rule, "\(location)[\(index)]"))
        }
        return conditions
    }

    private static func path(_ value: StateValue, _ location: String) throws(Issue) -> JSONPath {
        guard let text = value.string, let path = try? JSONPath(text) else {
            throw Issue(location: location, message: "Value must be a valid JSONPath.")
        }
        return path
    }

    private static func operand(
        _ comparison: ChoiceOperator, _ value: StateValue, _ location: String
    ) throws(Issue) -> Operand {
        if comparison.isPath { return .path(try path(value, location)) }
        guard comparison.accepts(value) else {
            if case .compare(.timestamp, _) = comparison.kind, value.string != nil {
                throw Issue(location: location, message: "String does not match RFC3339 timestamp")
            }
            throw Issue(location: location, message: "Expected value of type \(comparison.operandType)")
        }
        return .literal(value)
    }

    /// Whether the rule matches.
    ///
    /// - Throws: ``StateFailure`` `States.Runtime` if a path leads to no value, except for `IsPresent`.
    public func matches(in scope: StateScope) throws(StateFailure) -> Bool {
        try ChoiceRule.holds(condition, scope, WorkBudget())
    }

    private static func holds(
        _ condition: Condition, _ scope: StateScope, _ budget: WorkBudget
    ) throws(StateFailure) -> Bool {
        switch condition {
        case .and(let terms):
            for term in terms where !(try holds(term, scope, budget)) { return false }
            return true
        case .or(let terms):
            for term in terms where try holds(term, scope, budget) { return true }
            return false
        case .not(let term): return !(try holds(term, scope, budget))
        case .compare(let path, let comparison, let operand):
            let value = try find(path, scope, budget)
            if comparison.kind == .isType(nil), case .literal(let wanted) = operand {
                return wanted.bool == (value != nil)
            }
            guard let value else { throw missing(path) }
            switch operand {
            case .literal(let literal): return comparison.holds(value, literal)
            case .path(let other):
                guard let otherValue = try find(other, scope, budget) else { throw missing(other) }
                return comparison.holds(value, otherValue)
            }
        }
    }

    private static func find(
        _ path: JSONPath, _ scope: StateScope, _ budget: WorkBudget
    ) throws(StateFailure) -> StateValue? {
        do {
            return try path.find(in: scope, budget)
        } catch {
            throw .runtime("Invalid path '\(path.text)': \(error.message)")
        }
    }

    private static func missing(_ path: JSONPath) -> StateFailure {
        .runtime(
            "Invalid path '\(path.text)': The choice state's condition path references an invalid value.")
    }

    /// The variables that the rule reads, in their order, without repetitions.
    public var variables: [String] {
        var found: [String] = []
        ChoiceRule.collect(condition, &found)
        return found
    }

    private static func collect(_ condition: Condition, _ found: inout [String]) {
        switch condition {
        case .and(let terms), .or(let terms): for term in terms { collect(term, &found) }
        case .not(let term): collect(term, &found)
        case .compare(let path, _, let operand):
            var names = [path.variable]
            if case .path(let other) = operand { names.append(other.variable) }
            for name in names.compactMap({ $0 }) where !found.contains(name) { found.append(name) }
        }
    }
}

extension ChoiceOperator {
    /// The type of the operand as AWS names it.
    fileprivate var operandType: String {
        switch kind {
        case .compare(.numeric, _): "Number"
        case .compare(.boolean, _), .isType: "Boolean"
        case .compare, .matches: "String"
        }
    }
}
