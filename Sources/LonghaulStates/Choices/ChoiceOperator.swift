/// A comparison of a choice rule, such as `NumericLessThanPath`.
struct ChoiceOperator: Sendable, Hashable {
    /// What the comparison does.
    enum Kind: Sendable, Hashable {
        /// Compares values of one type.
        case compare(ValueType, Relation)
        /// Compares with a pattern in which `*` stands for any characters.
        case matches
        /// Tests the type of the value; nil for `IsPresent`.
        case isType(ValueType?)
    }

    /// The types of values that comparisons test.
    enum ValueType: String, Sendable, Hashable, CaseIterable {
        case string = "String"
        case numeric = "Numeric"
        case boolean = "Boolean"
        case timestamp = "Timestamp"
        case null = "Null"
    }

    /// How values are compared.
    enum Relation: String, Sendable, Hashable, CaseIterable {
        case equals = "Equals"
        case lessThan = "LessThan"
        case greaterThan = "GreaterThan"
        case lessThanEquals = "LessThanEquals"
        case greaterThanEquals = "GreaterThanEquals"

        func holds<Value: Comparable>(_ left: Value, _ right: Value) -> Bool {
            switch self {
            case .equals: left == right
            case .lessThan: left < right
            case .greaterThan: left > right
            case .lessThanEquals: left <= right
            case .greaterThanEquals: left >= right
            }
        }
    }

    let kind: Kind
    /// Whether the operand is a path to the value to compare with.
    let isPath: Bool

    /// The operators by the names of their fields.
    static let byName: [String: ChoiceOperator] = {
        var operators: [String: ChoiceOperator] = [
            "StringMatches": ChoiceOperator(kind: .matches, isPath: false),
            "IsPresent": ChoiceOperator(kind: .isType(nil), isPath: false),
        ]
        for type in ValueType.allCases {
            operators["Is\(type.rawValue)"] = ChoiceOperator(kind: .isType(type), isPath: false)
            guard type != .null else { continue }
            for relation in Relation.allCases where type != .boolean || relation == .equals {
                let name = type.rawValue + relation.rawValue
                operators[name] = ChoiceOperator(kind: .compare(type, relation), isPath: false)
                operators["\(name)Path"] = ChoiceOperator(kind: .compare(type, relation), isPath: true)
            }
        }
        return operators
    }()

    /// Whether the operand in a definition has the type that the operator needs.
    func accepts(_ operand: StateValue) -> Bool {
        if isPath { return operand.string != nil }
        switch kind {
        case .matches: return operand.string != nil
        case .isType: return operand.bool != nil
        case .compare(let type, _): return type.includes(operand)
        }
    }

    /// Whether the comparison holds. A value of another type is not an error: the comparison does not hold.
    func holds(_ value: StateValue, _ operand: StateValue) -> Bool {
        switch kind {
        case .isType(let type): return operand.bool == (type?.includes(value) ?? true)
        case .matches:
            guard let text = value.string, let pattern = operand.string else { return false }
            return StringPattern(pattern).matches(text)
        case .compare(let type, let relation):
            guard type.includes(value), type.includes(operand) else { return false }
            return type.holds(relation, value, operand)
        }
    }
}

extension ChoiceOperator.ValueType {
    /// Whether a value is of the type.
    func includes(_ value: StateValue) -> Bool {
        switch self {
        case .string: value.string != nil
        case .numeric: value.number != nil
        case .boolean: value.bool != nil
        case .timestamp: value.string.flatMap { StateTimestamp($0) } != nil
        case .null: value.isNull
        }
    }

    fileprivate func holds(
        _ relation: ChoiceOperator.Relation, _ left: StateValue, _ right: StateValue
    ) -> Bool {
        switch (left, right) {
        case (.number(let a), .number(let b)): return relation.holds(a, b)
        case (.bool(let a), .bool(let b)): return a == b
        case (.string(let a), .string(let b)):
            guard self == .timestamp else { return relation.holds(a.javaOrder(b), 0) }
            guard let a = StateTimestamp(a), let b = StateTimestamp(b) else { return false }
            return relation.holds(a, b)
        default: return false
        }
    }
}
