/// A JSON value, compared by meaning: numbers by their exact decimal value (`1`, `1.0` and `1e0` are equal), strings by
/// their Unicode scalars, and objects in any order of keys.
public enum JSONValue: Sendable, Hashable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A number of any size.
    case number(JSONNumber)
    /// Text.
    case string(JSONString)
    /// Elements in order.
    case array([JSONValue])
    /// Members, sorted by key.
    case object([Member])

    /// One member of an object.
    public struct Member: Sendable, Hashable {
        /// The member's name.
        public let key: JSONString
        /// The member's value.
        public let value: JSONValue
    }

    /// The maximum nesting depth of a text that was validated before.
    private static let depthOfValidatedText = 1024

    /// Decodes a text.
    ///
    /// - Throws: ``JSONError`` if the text is not valid.
    public init(_ text: JSONText) throws(JSONError) {
        self.init(try JSONDocument(parsing: text.bytes, maxDepth: JSONValue.depthOfValidatedText).root)
    }

    /// Decodes a node.
    public init(_ node: JSONNode) {
        switch node.kind {
        case .null: self = .null
        case .bool: self = .bool(node.bool == true)
        case .number: self = .number(JSONNumber(node))
        case .string: self = .string(JSONString(node.string ?? ""))
        case .array: self = .array(node.elements.map { JSONValue($0) })
        case .object:
            let members = node.members.map {
                Member(key: JSONString($0.key), value: JSONValue($0.value))
            }
            self = .object(members.sorted { $0.key < $1.key })
        }
    }

    /// The canonical text of equal values: sorted keys, no white space, one spelling of numbers and strings. It is
    /// valid JSON, and suitable for hashing.
    public func canonical() -> [UInt8] {
        var writer = JSONWriter()
        write(to: &writer)
        return writer.bytes
    }
}

extension JSONValue: JSONWritable {
    /// Appends the canonical text.
    public func write(to writer: inout JSONWriter) {
        switch self {
        case .null: writer.null()
        case .bool(let value): writer.element(value)
        case .number(let value): writer.raw(value.text)
        case .string(let string): writer.element(string.value)
        case .array(let elements): writer.element(elements)
        case .object(let members):
            writer.object { writer in
                for member in members {
                    writer.field(member.key.value, member.value)
                }
            }
        }
    }
}
