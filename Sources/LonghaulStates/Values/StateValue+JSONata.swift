internal import LonghaulJSONata

extension StateValue {
    /// The value for an expression. All numbers become doubles.
    ///
    /// - Parameter exact: Takes the integers that doubles cannot hold.
    func query(_ exact: inout ExactIntegers) -> JSONataValue {
        switch self {
        case .null: return .null
        case .bool(let value): return JSONataValue(value)
        case .number(let number):
            exact.note(number)
            return JSONataValue(number.double)
        case .string(let text): return JSONataValue(text)
        case .array(let elements): return JSONataValue(elements: elements.map { $0.query(&exact) })
        case .object(let object):
            var members: [(String, JSONataValue)] = []
            for (key, value) in object.members { members.append((key, value.query(&exact))) }
            return JSONataValue(members: members)
        }
    }

    /// The value of an expression. Numbers without a fraction become integers; infinite ones become texts, as on AWS.
    ///
    /// - Parameter exact: The integers that the expression could read and doubles cannot hold.
    init(query value: JSONataValue, _ exact: ExactIntegers) {
        if let text = value.string {
            self = .string(text)
        } else if let number = value.number {
            self = StateValue.number(number, exact)
        } else if let bool = value.bool {
            self = .bool(bool)
        } else if value.isNull {
            self = .null
        } else if value.isObject {
            self = .members(value.members.map { ($0.key, StateValue(query: $0.value, exact)) })
        } else {
            self = .array(value.elements.map { StateValue(query: $0, exact) })
        }
    }

    private static func number(_ value: Double, _ exact: ExactIntegers) -> StateValue {
        guard value.isFinite else {
            return .string(value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity")
        }
        if let integer = exact.integer(for: value) { return .number(integer) }
        return .number(Int64(exactly: value).map { .integer($0) } ?? .decimal(value))
    }

    /// The name of the type, as error texts about expressions show it.
    var queryType: QueryType {
        switch self {
        case .null: .null
        case .bool: .boolean
        case .number: .number
        case .string: .string
        case .array: .array
        case .object: .object
        }
    }
}

/// The types that a field with an expression can require.
public enum QueryType: String, Sendable, Hashable {
    case null, boolean, number, string, array, object
}
