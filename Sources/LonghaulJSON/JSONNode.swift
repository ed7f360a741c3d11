import CSimdJSON

/// One value of a ``JSONDocument``. It keeps the document alive.
public struct JSONNode: Sendable {
    let storage: JSONDocument.Storage
    let index: Int

    private var node: longhaul_json_node { storage.nodes[index] }

    /// The kind of a JSON value.
    public enum Kind: Sendable, Hashable {
        /// Members by name.
        case object
        /// Elements in order.
        case array
        /// Text.
        case string
        /// A number of any size.
        case number
        /// `true` or `false`.
        case bool
        /// `null`.
        case null
    }

    /// The kind of the value.
    public var kind: Kind {
        switch longhaul_json_type(UInt32(node.type)) {
        case LONGHAUL_JSON_OBJECT: .object
        case LONGHAUL_JSON_ARRAY: .array
        case LONGHAUL_JSON_STRING: .string
        case LONGHAUL_JSON_NUMBER: .number
        case LONGHAUL_JSON_NULL: .null
        default: .bool
        }
    }

    /// The kind as messages name it: `a string`.
    public var kindName: String {
        switch kind {
        case .object: "an object"
        case .array: "an array"
        case .string: "a string"
        case .number: "a number"
        case .bool: "a boolean"
        case .null: "null"
        }
    }

    /// The text of the value as it was sent.
    public var text: JSONText {
        JSONText(validated: Array(storage.bytes[range]))
    }

    /// The range of the value's text in the document.
    var range: Range<Int> {
        Int(node.start)..<Int(node.end)
    }

    /// The string, unescaped; nil for other kinds.
    public var string: String? {
        guard kind == .string else { return nil }
        let escaped = Int(node.flags) & LONGHAUL_JSON_STRING_ESCAPED != 0
        return storage.string(range.lowerBound + 1, range.upperBound - 1, escaped: escaped)
    }

    /// Whether a string contains U+0000, which many stores and programs cannot hold.
    public var holdsNUL: Bool {
        Int(node.flags) & LONGHAUL_JSON_STRING_NUL != 0
    }

    /// The number as a 64-bit integer, in any spelling (`1.0` and `1e2` are integers); nil if it is none.
    public var int: Int64? {
        guard kind == .number else { return nil }
        return storage.bytes.withUnsafeBufferPointer { buffer in
            NumberText.int(UnsafeBufferPointer(rebasing: buffer[range]))
        }
    }

    /// The number as the nearest double; nil for other kinds and for numbers beyond the range of double.
    public var double: Double? {
        guard kind == .number else { return nil }
        let value = Double(String(decoding: storage.bytes[range], as: UTF8.self))
        return value.flatMap { $0.isFinite ? $0 : nil }
    }

    /// The boolean; nil for other kinds.
    public var bool: Bool? {
        guard kind == .bool else { return nil }
        return longhaul_json_type(UInt32(node.type)) == LONGHAUL_JSON_TRUE
    }

    /// Whether the value is `null`.
    public var isNull: Bool { kind == .null }

    /// The array's elements; empty for other kinds.
    public var elements: [JSONNode] {
        guard kind == .array else { return [] }
        return storage.children(of: index).map { JSONNode(storage: storage, index: $0) }
    }

    /// The object's members in the order they were sent; empty for other kinds.
    public var members: [(key: String, value: JSONNode)] {
        guard kind == .object else { return [] }
        return storage.children(of: index).map {
            (storage.key(of: $0), JSONNode(storage: storage, index: $0))
        }
    }

    /// The object's member with this key; nil if there is none, or if this is not an object.
    public subscript(key: String) -> JSONNode? {
        guard kind == .object else { return nil }
        var key = key
        return key.withUTF8 { name in
            storage.children(of: index).first { storage.hasKey($0, equalTo: name) }
        }
        .map { JSONNode(storage: storage, index: $0) }
    }
}
