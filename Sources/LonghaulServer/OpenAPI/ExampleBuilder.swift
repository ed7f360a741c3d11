import LonghaulJSON

/// Builds the examples of answers from the examples of the fields in their schemas.
///
/// A call replaces parts of such an example, as a JSON merge patch does: an object replaces the fields that it names, and
/// any other value replaces the whole. An object for an array changes the only element of the example. An empty object shows
/// the value, where the example would omit it or have null.
struct ExampleBuilder {
    private let schemas: JSONNode

    /// - Parameter schemas: the named schemas of the document.
    init(schemas: JSONNode) {
        self.schemas = schemas
    }

    /// The example of a named schema.
    ///
    /// - Parameter patch: what it replaces, as JSON; nil for nothing.
    func example(of name: String, patch: String?) -> JSONText {
        let patch = patch.flatMap { try? JSONDocument(parsing: Array($0.utf8)) }
        var writer = JSONWriter()
        guard let schema = schemas[name] else { return .null }
        write(schema, patch?.root, to: &writer)
        return writer.text
    }

    private func write(_ schema: JSONNode, _ change: JSONNode?, to writer: inout JSONWriter) {
        if let change, change.kind != .object { return writer.raw(change.text) }
        let isShown = change != nil
        let patch = change?.members.isEmpty == true ? nil : change
        if patch == nil, let example = schema["examples"]?.elements.first { return writer.raw(example.text) }
        if let target = target(of: schema) { return write(target, change, to: &writer) }
        if let choices = schema["oneOf"]?.elements ?? schema["anyOf"]?.elements, let first = choices.first {
            let isNullable = choices.contains { $0["type"]?.string == "null" }
            return isNullable && !isShown ? writer.null() : write(first, change, to: &writer)
        }
        let types = schema["type"].map { $0.string.map { [$0] } ?? $0.elements.compactMap(\.string) } ?? []
        if !isShown, types.contains("null") || types.isEmpty { return writer.null() }
        if let word = schema["enum"]?.elements.first { return writer.raw(word.text) }
        switch types.first {
        case "object": writeObject(schema, patch, to: &writer)
        case "array":
            writer.array { if let items = schema["items"] { write(items, change, to: &$0) } }
        case "boolean": writer.element(false)
        case "integer", "number":
            writer.raw(schema["minimum"]?.text ?? JSONText(validated: [UInt8(ascii: "0")]))
        default: writer.element(text(schema))
        }
    }

    private func target(of schema: JSONNode) -> JSONNode? {
        guard let name = schema["$ref"]?.string?.split(separator: "/").last else { return nil }
        return schemas[String(name)]
    }

    private func text(_ schema: JSONNode) -> String {
        switch schema["format"]?.string {
        case "uuid": "01936f2a-7c3b-7e51-9d0f-3b6c1a2e4f58"
        case "date-time": "2026-11-24T09:15:00.123Z"
        default:
            // The tokens of leases and hashes.
            schema["minLength"]?.int == 64
                ? "3f0c8b6d1a7e42955c0d9e8f7a6b5c4d3e2f10918273645546372819aabbccdd" : "text"
        }
    }

    /// Writes the required fields, those with an example of their own, and those of the patch.
    private func writeObject(_ schema: JSONNode, _ patch: JSONNode?, to writer: inout JSONWriter) {
        guard let fields = schema["properties"]?.members else {
            return patch.map { writer.raw($0.text) } ?? writer.object { _ in }
        }
        let required = Set(schema["required"]?.elements.compactMap(\.string) ?? [])
        writer.object { writer in
            for (name, field) in fields {
                let change = patch?[name]
                guard required.contains(name) || field["examples"] != nil || change != nil else { continue }
                writer.key(name)
                write(field, change, to: &writer)
            }
        }
    }
}
