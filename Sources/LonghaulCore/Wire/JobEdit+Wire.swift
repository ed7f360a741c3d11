public import LonghaulJSON

extension JobEdit: JSONReadable, JSONWritable {
    /// Reads a body, strictly. A tag whose value is null is removed.
    public static func read(_ reader: inout JSONObjectReader) -> JobEdit {
        var edit = JobEdit()
        edit.priority = reader.int("priority", within: FieldBounds.priority)
        edit.runAt = reader.timestamp("run_at")
        edit.tags = readTags(&reader)
        reader.finish()
        return edit
    }

    private static func readTags(_ reader: inout JSONObjectReader) -> [String: String?] {
        guard let node = reader.node("tags"), !node.isNull else { return [:] }
        guard node.kind == .object else {
            reader.fault("tags", "expected an object, got \(node.kindName)")
            return [:]
        }
        var tags: [String: String?] = [:]
        for (name, value) in node.members {
            let place = reader.pointer(to: "tags").appending(name)
            if value.string == nil, !value.isNull {
                reader.faults.add(
                    place, "expected a string, or null to remove the tag, got \(value.kindName)")
            } else if !LabelRule.isLabel(name, value.string ?? "") {
                reader.faults.add(place, "a tag has \(LabelRule.form)")
            }
            tags.updateValue(value.string, forKey: name)
        }
        reader.expectCount(tags.count, of: "tags", within: FieldBounds.editedTags)
        return tags
    }

    /// Writes the body.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            if let priority { writer.field("priority", priority) }
            if let runAt { writer.field("run_at", runAt) }
            guard !tags.isEmpty else { return }
            writer.object("tags") { writer in
                for (name, value) in tags.sorted(by: { $0.key < $1.key }) { writer.field(name, value) }
            }
        }
    }
}
