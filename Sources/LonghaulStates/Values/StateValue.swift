public import LonghaulJSON

/// A JSON value of state data: input, output, result, variables, context object.
///
/// Objects keep the order of their keys. Numbers keep the form that AWS prints: `1` and `1.0` are different texts of
/// numerically equal values. Values are immutable and share storage when they are copied.
///
/// `JSONataValue` is not the value of state data, because all its numbers are doubles. Values are converted when a
/// JSONata expression reads them.
public enum StateValue: Sendable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A number.
    case number(StateNumber)
    /// Text.
    case string(String)
    /// Elements in order.
    case array([StateValue])
    /// Members in order.
    case object(StateObject)

    /// Maximum nesting of arrays and objects in state data.
    public static let maxDepth = 1000

    /// Parses a JSON text. The last of equal keys wins.
    ///
    /// - Throws: ``JSONError`` if the text is not valid, or nests deeper than ``maxDepth``.
    public init(parsing bytes: [UInt8]) throws(JSONError) {
        let document = try JSONDocument(lenientlyParsing: bytes)
        guard !JSONText(validated: bytes).isNested(deeperThan: StateValue.maxDepth) else {
            throw JSONError(message: "nested more than \(StateValue.maxDepth) deep")
        }
        self.init(document.root)
    }

    /// Parses a JSON text. The last of equal keys wins.
    ///
    /// - Throws: ``JSONError`` if the text is not valid, or nests deeper than ``maxDepth``.
    public init(parsing text: String) throws(JSONError) {
        try self.init(parsing: Array(text.utf8))
    }

    /// Decodes a text.
    ///
    /// - Throws: ``JSONError`` if the text is not valid, or nests deeper than ``maxDepth``.
    public init(_ text: JSONText) throws(JSONError) {
        try self.init(parsing: text.bytes)
    }

    /// Decodes a node of a document.
    public init(_ node: JSONNode) {
        switch node.kind {
        case .null: self = .null
        case .bool: self = .bool(node.bool == true)
        case .number: self = .number(StateNumber(parsing: node.text.description))
        case .string: self = .string(node.string ?? "")
        case .array: self = .array(node.elements.map { StateValue($0) })
        case .object:
            var object = StateObject()
            for (key, value) in node.members { object[key] = StateValue(value) }
            self = .object(object)
        }
    }

    /// A number without a fraction.
    public static func integer(_ value: Int) -> StateValue { .number(.integer(Int64(value))) }

    /// An object with these members.
    public static func members(_ members: [(String, StateValue)]) -> StateValue {
        .object(StateObject(members))
    }

    /// The value as JSON in one line, as AWS writes it.
    public var json: JSONText {
        var writer = JSONWriter()
        write(to: &writer)
        return writer.text
    }
}

extension StateValue {
    /// The boolean; nil for other values.
    public var bool: Bool? {
        if case .bool(let value) = self { return value }
        return nil
    }

    /// The number; nil for other values.
    public var number: StateNumber? {
        if case .number(let value) = self { return value }
        return nil
    }

    /// The string; nil for other values.
    public var string: String? {
        if case .string(let value) = self { return value }
        return nil
    }

    /// The elements; nil for other values.
    public var array: [StateValue]? {
        if case .array(let value) = self { return value }
        return nil
    }

    /// The object; nil for other values.
    public var object: StateObject? {
        if case .object(let value) = self { return value }
        return nil
    }

    /// True for `null`.
    public var isNull: Bool {
        if case .null = self { return true }
        return false
    }

    /// The member of an object; nil if this is no object or has no such member.
    public subscript(key: String) -> StateValue? { object?[key] }
}

extension StateValue: Hashable {
    /// Compares by meaning: numbers by value, objects in any order of keys, strings by their Unicode scalars.
    public static func == (left: StateValue, right: StateValue) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let a), .bool(let b)): a == b
        case (.number(let a), .number(let b)): a == b
        case (.string(let a), .string(let b)): JSONString(a) == JSONString(b)
        case (.array(let a), .array(let b)): a == b
        case (.object(let a), .object(let b)): a == b
        default: false
        }
    }

    /// Hashes what `==` compares.
    public func hash(into hasher: inout Hasher) {
        switch self {
        case .null: hasher.combine(0)
        case .bool(let value): hasher.combine(value)
        case .number(let value): hasher.combine(value)
        case .string(let value): hasher.combine(JSONString(value))
        case .array(let elements): hasher.combine(elements)
        case .object(let object): hasher.combine(object)
        }
    }
}

extension StateValue: JSONWritable {
    /// Appends the value.
    public func write(to writer: inout JSONWriter) {
        switch self {
        case .null: writer.null()
        case .bool(let value): writer.element(value)
        case .number(let value): writer.raw(JSONText(validated: Array(value.text.utf8)))
        case .string(let value): writer.element(value)
        case .array(let elements): writer.element(elements)
        case .object(let object):
            writer.object { writer in
                for (key, value) in object.members { writer.field(key, value) }
            }
        }
    }
}
