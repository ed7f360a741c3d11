extension StateValue {
    /// The elements of an array or the values of an object's members; empty for other values.
    var children: [StateValue] {
        switch self {
        case .array(let elements): elements
        case .object(let object): object.values
        default: []
        }
    }

    /// Whether this is an array or an object.
    var isContainer: Bool {
        switch self {
        case .array, .object: true
        default: false
        }
    }

    /// The name of the Java class that AWS's error texts show for the value.
    var javaClass: String {
        switch self {
        case .null: "null"
        case .bool: "java.lang.Boolean"
        case .number(.integer(let value)):
            Int32(exactly: value) == nil ? "java.lang.Long" : "java.lang.Integer"
        case .number(.large): "java.math.BigInteger"
        case .number(.decimal): "java.lang.Double"
        case .string: "java.lang.String"
        case .array: "java.util.ArrayList"
        case .object: "java.util.LinkedHashMap"
        }
    }

    /// The value as Java prints it, which AWS shows where a text is made of any value: `{a=1, b=[x, null]}`.
    var javaText: String {
        switch self {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .number(let value): value.text
        case .string(let value): value
        case .array(let elements): "[" + elements.map(\.javaText).joined(separator: ", ") + "]"
        case .object(let object):
            "{" + object.members.map { "\($0)=\($1.javaText)" }.joined(separator: ", ") + "}"
        }
    }
}

extension [StateValue] {
    /// The element at an index; negative indices count from the end. Nil if there is none.
    func element(at index: Int) -> StateValue? {
        let position = index < 0 ? count + index : index
        return indices.contains(position) ? self[position] : nil
    }
}
