package import LonghaulJSON

/// How small structures are kept as text in a column.
package enum TextCoding {
    /// A map of strings as a JSON object, names in order.
    package static func encode(_ map: [String: String]) -> String {
        var writer = JSONWriter()
        writer.object { writer in
            for (name, value) in map.sorted(by: { $0.key < $1.key }) { writer.field(name, value) }
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// A list of strings as a JSON array.
    package static func encode(_ list: [String]) -> String {
        var writer = JSONWriter()
        writer.array { writer in
            for element in list { writer.element(element) }
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// The map that a text stands for.
    package static func map(_ text: String) throws -> [String: String] {
        map(try JSONDocument(parsing: Array(text.utf8)).root)
    }

    /// The map of strings that an object stands for.
    package static func map(_ node: JSONNode) -> [String: String] {
        var map: [String: String] = [:]
        for member in node.members { map[member.key] = member.value.string }
        return map
    }

    /// The list that a text stands for.
    package static func list(_ text: String) throws -> [String] {
        try JSONDocument(parsing: Array(text.utf8)).root.elements.compactMap(\.string)
    }
}
