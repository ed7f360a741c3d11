package import LonghaulCore
package import LonghaulJSON

/// The encoding of small structures as text in a column.
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

    /// Decodes a map.
    package static func map(_ text: String) throws -> [String: String] {
        map(try JSONDocument(parsing: Array(text.utf8)).root)
    }

    /// Decodes an object as a map of strings.
    package static func map(_ node: JSONNode) -> [String: String] {
        var map: [String: String] = [:]
        for member in node.members { map[member.key] = member.value.string }
        return map
    }

    /// Decodes a list.
    package static func list(_ text: String) throws -> [String] {
        try JSONDocument(parsing: Array(text.utf8)).root.elements.compactMap(\.string)
    }
}

/// Labels. Equal maps have equal text, and no labels are the empty text.
extension TextCoding {
    package static func encode(labels: [String: String]) -> String {
        labels.isEmpty ? "" : encode(labels)
    }

    package static func labels(_ text: String) throws -> [String: String] {
        text.isEmpty ? [:] : try map(text)
    }
}

extension Backoff {
    /// The back-off of a job whose row has none. Written out, as a change of the API's default must not change stored
    /// jobs.
    package static let storedDefault = Backoff(
        growth: .exponential, initialSeconds: 1, factor: 2, maxSeconds: 600, jitter: 0.2)
}
